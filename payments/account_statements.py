"""A company's statement of account: what it was owed and what went to it, line by line, with the running balance.

The lines are the entries of its payable account. Dates run as versions do, so that a period is a range of versions, and
each read is one range of one index.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from payments.models import Account, AccountKind, Entry, Payout, Release, TransferKind

PAGE = 50
CHUNK = 500

K = TransferKind
WORDS: dict[str, Any] = {
    K.RELEASE: _("Released to you"),
    K.PAYOUT_REQUESTED: _("Payout to your account"),
    K.PAYOUT_FAILED: _("Payout not sent: yours again"),
    K.PAYOUT_RETURNED: _("Payout came back from the bank: yours again"),
    K.RECEIVABLE_REPAID: _("Kept for what your company owed the platform"),
}
OTHER = _("Correction")


@dataclass(frozen=True)
class StatementLine:
    """One change of what a company is owed. Minor units of the statement's currency; `change_minor` has a sign.

    `number` counts from 1, without a gap. `order` names the deal or deals, `own_ref` is the company's own for it.
    `gross_minor` and `fee_minor` are those of a release, else None.
    """

    number: int
    at: datetime
    kind: str
    words: Any
    order: str
    own_ref: str
    reference: str
    gross_minor: int | None
    fee_minor: int | None
    change_minor: int
    balance_minor: int


@dataclass(frozen=True)
class Statement:
    """What stands between two dates: the lines `first` to `last`, none where `first` is above `last`. Minor units."""

    account_id: int
    currency: str
    since: date | None
    until: date | None
    first: int
    last: int
    opening_minor: int
    closing_minor: int

    @property
    def count(self) -> int:
        return max(self.last - self.first + 1, 0)


def statement_balances(company_id: int) -> dict[str, int]:
    """Currency -> what is owed now, of every currency in which the company was ever owed anything."""
    rows = Account.objects.filter(kind=AccountKind.PAYABLE, company_id=company_id, version__gt=0)
    return {row.currency: row.balance_minor or 0 for row in rows.order_by("currency")}


def open_statement(
    company_id: int, currency: str, *, since: date | None = None, until: date | None = None, zone: str
) -> Statement:
    """The statement of whole days of `zone`, both days included; from the beginning, or to the present, without one.

    At most five reads of one row each. Raises NotFound where the company was never owed anything in the currency.
    """
    rows = Account.objects.filter(kind=AccountKind.PAYABLE, company_id=company_id, version__gt=0)
    account = rows.filter(currency=currency).first()
    if account is None:
        raise NotFound
    before = _last_before(account.pk, _midnight(since, zone)) if since else 0
    last = _last_before(account.pk, _midnight(until + timedelta(days=1), zone)) if until else account.version
    return Statement(
        account_id=account.pk,
        currency=currency,
        since=since,
        until=until,
        first=before + 1,
        last=last,
        opening_minor=_balance_after(account.pk, before),
        closing_minor=_balance_after(account.pk, max(before, last)),
    )


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))


def _last_before(account_id: int, moment: datetime) -> int:
    """The version of the last entry dated before a moment; 0 when there is none."""
    rows = Entry.objects.filter(account_id=account_id, entered_at__lt=moment).order_by("-entered_at", "-version")
    return rows.values_list("version", flat=True).first() or 0


def _balance_after(account_id: int, version: int) -> int:
    if version == 0:
        return 0
    return Entry.objects.values_list("balance_minor", flat=True).get(account_id=account_id, version=version)


def newest_lines(statement: Statement, *, before: int | None = None, most: int = PAGE) -> list[StatementLine]:
    """The lines with numbers below `before`, newest first. Three statements, whatever the account's length."""
    last = statement.last if before is None else min(statement.last, before - 1)
    return _lines(statement, max(statement.first, last - most + 1), last)[::-1]


def all_lines(statement: Statement) -> Iterator[StatementLine]:
    """Oldest first, read by ranges: memory doesn't grow. Entries never change, so that nothing moves meanwhile."""
    for first in range(statement.first, statement.last + 1, CHUNK):
        yield from _lines(statement, first, min(first + CHUNK - 1, statement.last))


def _lines(statement: Statement, first: int, last: int) -> list[StatementLine]:
    rows = Entry.objects.filter(account_id=statement.account_id, version__gte=first, version__lte=last)
    entries = list(rows.select_related("transfer__escrow").order_by("version"))
    releases, payouts = _releases_of(entries), _payouts_of(entries)
    return [_line(entry, releases, payouts) for entry in entries]


def _releases_of(entries: Sequence[Entry]) -> dict[str, Release]:
    """By the beginning of the key of their transfers. One statement, by the whole of the unique index."""
    named = [_stem(each).split(":", 2)[1:] for each in entries if each.transfer.kind == K.RELEASE]
    rows = Release.objects.filter(
        escrow_id__in={int(escrow_id) for escrow_id, _rest in named},
        reason__in={rest.rpartition(":")[0] for _escrow, rest in named},
        sequence__in={int(rest.rpartition(":")[2]) for _escrow, rest in named},
    )
    return {f"release:{row.escrow_id}:{row.reason}:{row.sequence}": row for row in rows}


def _payouts_of(entries: Sequence[Entry]) -> dict[str, Payout]:
    """By the beginning of the key of their transfers. One statement."""
    kinds = (K.PAYOUT_REQUESTED, K.PAYOUT_FAILED, K.PAYOUT_RETURNED)
    keys = {_stem(each) for each in entries if each.transfer.kind in kinds}
    return {row.idempotency_key: row for row in Payout.objects.filter(idempotency_key__in=keys)}


def _stem(entry: Entry) -> str:
    return entry.transfer.key.rpartition(":")[0]


def _line(entry: Entry, releases: dict[str, Release], payouts: dict[str, Payout]) -> StatementLine:
    transfer, stem = entry.transfer, _stem(entry)
    release, payout, escrow = releases.get(stem), payouts.get(stem), transfer.escrow
    return StatementLine(
        number=entry.version,
        at=entry.entered_at,
        kind=transfer.kind,
        words=WORDS.get(transfer.kind, OTHER),
        order=escrow.title if escrow else _orders_of(payout),
        own_ref=escrow.payee_ref if escrow else "",
        reference=payout.reference if payout else escrow.reference if escrow else "",
        gross_minor=release.amount_minor if release else None,
        fee_minor=release.fee_minor if release else None,
        change_minor=entry.change_minor,
        balance_minor=entry.balance_minor,
    )


def _orders_of(payout: Payout | None) -> str:
    """The deals that a payout's advice cites, by name."""
    return ", ".join(line.split(" · ")[0] for line in payout.advice.splitlines()) if payout else ""
