"""All the money at a glance, for staff: what stands where, since when, and how it came to be. Minor units."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from payments.models import Account, AccountKind, DailyFigure, Direction, SuspenseItem, SuspenseState, Transfer
from payments.models.ledger import DEBIT_KINDS, STORED_KINDS
from payments.queries import balance_minor

DAYS_SHOWN = 90
KIND_WORDS: dict[str, Any] = {
    AccountKind.CLEARING: _("At gateways and banks"),
    AccountKind.HELD: _("Held"),
    AccountKind.PAYER_FEE: _("Held: fees paid on top"),
    AccountKind.FROZEN: _("On hold"),
    AccountKind.REFUND_DUE: _("To go back"),
    AccountKind.PAYABLE: _("Owed to sellers"),
    AccountKind.IN_TRANSIT: _("On its way to sellers"),
    AccountKind.SUSPENSE: _("Not yet matched"),
    AccountKind.CHARGEBACK: _("Taken back by card holders"),
    AccountKind.RECEIVABLE: _("Owed by companies"),
    AccountKind.FEES: _("Fees earned"),
    AccountKind.COSTS: _("Costs of gateways and banks"),
    AccountKind.LOSSES: _("Losses"),
}
CHARTED = (AccountKind.HELD, AccountKind.FROZEN, AccountKind.PAYABLE, AccountKind.IN_TRANSIT, AccountKind.SUSPENSE)
AGES = ((1, _("up to a day")), (3, _("up to 3 days")), (10, _("up to 10 days")), (None, _("longer")))


@dataclass(frozen=True)
class Figure:
    """What stands in all accounts of one kind and currency."""

    kind: str
    currency: str
    total_minor: int
    accounts: int

    @property
    def words(self) -> Any:
        return KIND_WORDS[self.kind]


def figures_now() -> list[Figure]:
    """Every kind and currency in which something stands. Stored balances by a partial index, the others by closings."""
    stored = Account.objects.filter(balance_minor__gt=0).values("kind", "currency").order_by()
    found = [
        Figure(row["kind"], row["currency"], row["total"], row["accounts"])
        for row in stored.annotate(total=Sum("balance_minor"), accounts=Count("pk"))
    ]
    shared: dict[tuple[str, str], list[int]] = {}
    for account in Account.objects.exclude(kind__in=STORED_KINDS):
        shared.setdefault((account.kind, account.currency), []).append(balance_minor(account.code))
    found += [Figure(*key, sum(balances), len(balances)) for key, balances in shared.items() if any(balances)]
    place = {kind: number for number, kind in enumerate(KIND_WORDS)}
    return sorted(found, key=lambda figure: (figure.currency, place[AccountKind(figure.kind)]))


def suspense_by_age(at: datetime) -> list[dict[str, Any]]:
    """Money that came in and waits on the desk, by age and currency, youngest first. Reads the open cases only."""
    tally: dict[tuple[int, str], list[int]] = {}
    waiting = SuspenseItem.objects.filter(state=SuspenseState.OPEN, direction=Direction.IN)
    for item in waiting.only("created_at", "currency", "amount_minor"):
        days = (at - item.created_at) / timedelta(days=1)
        place = next(place for place, (most, _words) in enumerate(AGES) if most is None or days <= most)
        tally.setdefault((place, item.currency), []).append(item.amount_minor)
    return [
        {"words": AGES[place][1], "currency": currency, "count": len(amounts), "total_minor": sum(amounts)}
        for (place, currency), amounts in sorted(tally.items())
    ]


def history(currency: str, until: date) -> dict[str, Any]:
    """The last days as columns for a chart: `days` (unix seconds, midnight UTC) and the totals of each kind."""
    rows = DailyFigure.objects.filter(currency=currency, kind__in=CHARTED, day__gt=until - timedelta(days=DAYS_SHOWN))
    by_day: dict[date, dict[str, int]] = {}
    for row in rows.order_by("day"):
        by_day.setdefault(row.day, {})[row.kind] = row.total_minor
    return {
        "days": [int(datetime.combine(day, time.min, tzinfo=UTC).timestamp()) for day in by_day],
        "series": [
            {"label": str(KIND_WORDS[kind]), "values": [totals.get(kind, 0) for totals in by_day.values()]}
            for kind in CHARTED
        ],
    }


@dataclass(frozen=True)
class Booking:
    """A transfer as one account sees it. `change_minor` is signed by the account's own sense."""

    transfer: Transfer
    other: Account
    change_minor: int


def bookings_of(account: Account, *, before_id: int | None = None, most: int = 50) -> list[Booking]:
    """The transfers of an account before the one with `before_id`, newest first: a range of each of two indexes."""
    before = Transfer.objects.filter(pk=before_id).first() if before_id else None
    sides = [_side(Transfer.objects.filter(**{side: account}), before, most) for side in ("debit", "credit")]
    rows = sorted((row for side in sides for row in side), key=lambda row: (row.booked_at, row.pk), reverse=True)[:most]
    sign = 1 if account.kind in DEBIT_KINDS else -1
    return [
        Booking(
            row,
            row.credit if row.debit_id == account.pk else row.debit,
            sign * row.amount_minor if row.debit_id == account.pk else -sign * row.amount_minor,
        )
        for row in rows
    ]


def _side(rows: QuerySet[Transfer], before: Transfer | None, most: int) -> list[Transfer]:
    rows = rows.select_related("debit", "credit", "escrow").order_by("-booked_at", "-pk")
    if before is not None:
        earlier = Q(booked_at__lt=before.booked_at) | Q(booked_at=before.booked_at, pk__lt=before.pk)
        rows = rows.filter(earlier, booked_at__lte=before.booked_at)
    return list(rows[:most])
