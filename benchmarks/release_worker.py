"""One process that releases: a line of escrow ids in, "done" out."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.settings")
django.setup()

from benchmarks.deals import PRICE_MINOR  # noqa: E402
from core import clock  # noqa: E402
from core.actors import platform  # noqa: E402
from payments.actions.release import release_escrow  # noqa: E402


def main() -> None:
    by = platform("task")
    print("ready", flush=True)
    for line in sys.stdin:
        # As in a task: the sandbox clock is read once for all that the task works off.
        with clock.read_once():
            for escrow_id in map(int, line.split()):
                at = clock.now()
                release_escrow(
                    escrow_id=escrow_id, amount_minor=PRICE_MINOR, reason="accepted", sequence=1, by=by, at=at
                )
        print("done", flush=True)


if __name__ == "__main__":
    main()
