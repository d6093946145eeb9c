"""All figures that need Django and a database; prints one line of JSON at the end."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.settings")
django.setup()

# The apps are imported once Django stands.
from benchmarks.account_statements import statement_growth  # noqa: E402
from benchmarks.deals import cast_of_bench, order_with_lines  # noqa: E402
from benchmarks.imports import import_figures  # noqa: E402
from benchmarks.ledger import ledger_figures  # noqa: E402
from benchmarks.releases import release_ratios  # noqa: E402
from benchmarks.statements import accept_statements, order_page_statements, release_statements  # noqa: E402
from benchmarks.sweeps import sweep_growth  # noqa: E402


def main() -> None:
    people = cast_of_bench()
    figures: dict[str, float] = {}
    figures |= ledger_figures(people)
    figures["release_statements"] = release_statements(people)
    figures["accept_statements"] = accept_statements(people)
    for count in (1, 200):
        figures[f"order_page_statements_{count}"] = order_page_statements(people, order_with_lines(people, count))
    figures |= release_ratios(people)
    figures |= sweep_growth()
    figures |= import_figures(people)
    figures |= statement_growth(people)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
    sys.exit(0)
