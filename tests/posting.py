"""A process that posts plain transfers, for `make bench`: "<debit> <credit> <how many>" in, "done" out.

The ledger is open to actions and to tests alone, so that this program stands here.
"""

import os
import sys
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.settings")
django.setup()

from django.db import transaction  # noqa: E402

from core import clock  # noqa: E402
from payments.ledger import Leg, post  # noqa: E402
from payments.models import TransferKind  # noqa: E402


def main() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        words = line.split()
        for debit, credit, count in zip(words[::3], words[1::3], map(int, words[2::3]), strict=True):
            _post(debit, credit, count)
        sys.stdout.write("done\n")
        sys.stdout.flush()


def _post(debit: str, credit: str, count: int) -> None:
    for _number in range(count):
        with transaction.atomic():
            leg = Leg(debit, credit, 1, TransferKind.GATEWAY_COST, f"bench:{uuid4()}")
            post([leg], at=clock.now())


if __name__ == "__main__":
    main()
