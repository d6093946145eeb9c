"""Which schedule of fees is in force, and any that was. A published version never changes."""

from django.db.models import Max, Sum

from core.errors import NotFound
from payments.fees import NOTHING, Schedule, schedule_of_rules
from payments.models import Escrow, FeeSchedule, Instalment


def current_version() -> int:
    """The newest published version. One statement."""
    version = FeeSchedule.objects.aggregate(newest=Max("version"))["newest"]
    assert version is not None, "the first schedule is published by a migration"
    return int(version)


def current_schedule() -> Schedule:
    """What is quoted now."""
    return schedule(current_version())


def schedule(version: int) -> Schedule:
    """A published version. Raises NotFound."""
    row = FeeSchedule.objects.filter(version=version).first()
    if row is None:
        raise NotFound
    return schedule_of_rules(version, row.rules)


def list_schedules(*, most: int = 50) -> list[FeeSchedule]:
    """Newest first."""
    return list(FeeSchedule.objects.order_by("-version")[:most])


def payer_fee_of(escrow: Escrow, *, sequence: int, amount_minor: int, method: str) -> int:
    """What the payer pays on top of this instalment for this method, in minor units of the escrow's currency.

    The fixed part once per payment; the percentage cumulatively over the instalments, so that it adds up to that of the
    price, whatever an instalment before came short of.
    """
    rate = schedule(escrow.schedule_version).payer_rate(method, escrow.currency)
    if rate == NOTHING:
        return 0
    earlier = Instalment.objects.filter(escrow=escrow, sequence__lt=sequence)
    before_minor = earlier.aggregate(total=Sum("amount_minor"))["total"] or 0
    return rate.of_payment(before_minor, amount_minor)
