"""`make bench`: own services in a folder that is thrown away, every figure as a table and in `var/bench.json`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.first_page import first_page_figures
from services.embedded import Embedded
from services.state import default_home

LONGEST_SECONDS = 600
EQUAL = ("order_page_statements_1", "order_page_statements_200")
"""An order of 200 lines takes as many statements as one of a single line."""

BOUNDS: dict[str, tuple[str, float]] = {
    "release_vs_floor_1": (">=", 0.15),
    "release_vs_floor_4": (">=", 0.15),
    "release_statements": ("<=", 12),
    "accept_statements": ("<=", 24),
    "transfers_hot_vs_spread": (">=", 0.8),
    "sweep_growth": ("<=", 1.2),
    "import_memory_growth": ("<=", 1.5),
    "statement_growth": ("<=", 2),
    "order_page_statements_1": ("<=", 20),
    "order_page_statements_200": ("<=", 20),
    "first_page_s": ("<=", 15),
    "first_page_empty_s": ("<=", 60),
    "order_page_growth": ("==", 0),
    "bench_s": ("<=", LONGEST_SECONDS),
}


def main() -> int:
    began = time.monotonic()
    figures = {**measured(), **first_page_figures()}
    figures["order_page_growth"] = figures[EQUAL[1]] - figures[EQUAL[0]]
    figures["bench_s"] = time.monotonic() - began
    kept = default_home() / "bench.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return show(figures)


def measured() -> dict[str, float]:
    """Figures of one database, taken by a process that finds it in its environment."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        embedded = Embedded(Path(folder), given={}, durable=True)
        embedded.start()
        try:
            programs = str(embedded.postgres.programs)
            environment = {**os.environ, **embedded.environment(), "BENCH_PROGRAMS": programs, "LOG_LEVEL": "WARNING"}
            environment["BENCH_SUPERUSER_URL"] = embedded.postgres.url("postgres", "assurance")
            for command in (["manage.py", "migrate", "--verbosity", "0"], ["-m", "benchmarks.measure"]):
                done = subprocess.run(  # noqa: S603  (our own programs)
                    [sys.executable, *command], env=environment, check=True, stdout=subprocess.PIPE
                )
            figures: dict[str, float] = json.loads(done.stdout.decode().splitlines()[-1])
            return figures
        finally:
            embedded.stop()


def show(figures: dict[str, float]) -> int:
    """Print the table; 1 when a bound is broken."""
    broken = 0
    for name, value in sorted(figures.items()):
        sign, bound = BOUNDS.get(name, ("", 0.0))
        holds = {"": True, ">=": value >= bound, "<=": value <= bound, "==": value == bound}[sign]
        broken += not holds
        print(f"{name:32} {value:10.3f}   {f'{sign} {bound:g}' if sign else '':10} {'' if holds else 'BROKEN'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
