"""Every read that a door, or an app above, needs of payments. Amounts in minor units of the named currency."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, Sum

from core.errors import NotFound
from payments.models import (
    LIVE_PAYMENT_STATES,
    LOST_PAYMENT_STATES,
    OPEN_STATES,
    Account,
    AccountKind,
    Approval,
    Entry,
    Escrow,
    Instalment,
    Payment,
    PaymentState,
    Payout,
    Refund,
    Release,
    SendState,
)
from payments.models.account_codes import frozen, held, payer_fee, refund_due
from payments.models.ledger import DEBIT_KINDS

MOST = 200


# --- money of one escrow ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class InstalmentMoney:
    """`state`: NOT_DUE, DUE, PENDING, SHORT (part came), SECURED, LOST (the payer's bank took back what secured it).

    `missing_minor`: still to come, 0 once secured. `received_minor` is net of `refunded_minor`, which is what went or
    is to go back of all its attempts (`gone_back_minor` of it has gone), and of what was charged back; once secured, it
    is of the price alone. `fee_minor`
    is what the payer pays on top by the attempt that counts. `kept_minor`: what a charge-back in part left of it.
    """

    id: int
    sequence: int
    due_on: str
    amount_minor: int
    asked_minor: int
    fee_minor: int
    received_minor: int
    kept_minor: int
    refunded_minor: int
    gone_back_minor: int
    missing_minor: int
    shortfall_minor: int
    due_at: datetime | None
    secured_at: datetime | None
    state: str
    was_lost: bool
    live_payment: Payment | None
    last_payment: Payment | None

    @property
    def to_pay_minor(self) -> int:
        """What a new attempt asks, without its fee. What a later instalment was asked for already, it doesn't."""
        return max(self.asked_minor - self.shortfall_minor - self.kept_minor, 0)

    @property
    def price_to_pay_minor(self) -> int:
        """What of its own price a new attempt asks, and its fee is counted on."""
        return max(self.amount_minor - self.kept_minor, 0)


@dataclass(frozen=True)
class EscrowMoney:
    """held + frozen + released + what goes back, or was taken back for good = what came in.

    `payable_minor`: released, net, and not yet in a payout. `repaid_minor`: released, and gone to the payee's debt.
    `payer_fee_minor`: what the payer paid on top and neither was earned yet nor went back.
    """

    escrow: Escrow
    currency: str
    total_minor: int
    due_minor: int
    held_minor: int
    payer_fee_minor: int
    frozen_minor: int
    released_minor: int
    fee_minor: int
    repaid_minor: int
    refund_due_minor: int
    refunded_minor: int
    payable_minor: int
    paid_out_minor: int
    instalments: list[InstalmentMoney]
    payouts: list[Payout]
    refunds: list[Refund]

    @property
    def net_minor(self) -> int:
        """What the payee gets of what was released."""
        return self.released_minor - self.fee_minor - self.repaid_minor

    @property
    def next_to_pay(self) -> InstalmentMoney | None:
        """The first instalment that is due and has no secured money; None once funding is stopped."""
        if self.escrow.stopped_at is not None:
            return None
        return next((each for each in self.instalments if each.due_at and not each.secured_at), None)

    @property
    def is_secured(self) -> bool:
        """Whether the first instalment is received and held."""
        return self.instalments[0].secured_at is not None


def money_of(escrow_id: int) -> EscrowMoney:
    """What is due, held, released and refunded, in all and per instalment. Seven statements, no locks."""
    escrow = Escrow.objects.filter(pk=escrow_id).first()
    if escrow is None:
        raise NotFound
    return money_of_escrow(escrow)


def money_of_escrow(escrow: Escrow) -> EscrowMoney:
    """The same of an escrow that was just read. Six statements, no locks."""
    escrow_id = escrow.pk
    codes = (held(escrow_id), frozen(escrow_id), payer_fee(escrow_id), refund_due(escrow_id))
    balances = dict(Account.objects.filter(code__in=codes).values_list("code", "balance_minor"))
    refunds = _refunds(escrow_id)
    instalments = _instalments_money(escrow_id, _gone_back(refunds, escrow.currency))
    releases = list(Release.objects.filter(escrow=escrow).select_related("payout").order_by("pk")[:MOST])
    return EscrowMoney(
        escrow=escrow,
        currency=escrow.currency,
        total_minor=escrow.total_minor,
        due_minor=0 if escrow.stopped_at else sum(each.missing_minor for each in instalments if each.due_at),
        held_minor=balances[held(escrow_id)] or 0,
        payer_fee_minor=balances.get(payer_fee(escrow_id)) or 0,
        frozen_minor=balances.get(frozen(escrow_id)) or 0,
        released_minor=sum(release.amount_minor for release in releases),
        fee_minor=sum(release.fee_minor for release in releases),
        repaid_minor=sum(release.repaid_minor for release in releases),
        refund_due_minor=balances[refund_due(escrow_id)] or 0,
        refunded_minor=sum(
            each.amount_minor for each in refunds if each.state == SendState.PAID and each.currency == escrow.currency
        ),
        payable_minor=sum(release.net_minor for release in releases if release.payout is None),
        paid_out_minor=sum(
            release.net_minor for release in releases if release.payout and release.payout.state == SendState.PAID
        ),
        instalments=instalments,
        refunds=refunds,
        payouts=list({release.payout.pk: release.payout for release in releases if release.payout}.values()),
    )


def _refunds(escrow_id: int) -> list[Refund]:
    """Oldest first, each once: one that failed and was replaced is told of by its replacement."""
    of_escrow = Refund.objects.filter(escrow_id=escrow_id).select_related("payment")
    rows = list(of_escrow.order_by("pk")[:MOST])
    replaced = {row.replaces_id for row in rows}
    return [row for row in rows if row.pk not in replaced]


def _gone_back(refunds: list[Refund], currency: str) -> Counter[int]:
    """What has been paid back in a currency, by instalment."""
    gone: Counter[int] = Counter()
    for row in refunds:
        if row.state == SendState.PAID and row.currency == currency and row.payment is not None:
            gone[row.payment.instalment_id] += row.amount_minor
    return gone


def _instalments(escrow_id: int) -> list[Instalment]:
    return list(Instalment.objects.filter(escrow_id=escrow_id).order_by("sequence"))


def _instalments_money(escrow_id: int, gone_back_minor: Counter[int]) -> list[InstalmentMoney]:
    """However often somebody tried: three statements, and per instalment the attempts that count and the last one."""
    of_escrow = Payment.objects.filter(escrow_id=escrow_id).order_by("-pk")
    last_ids = of_escrow.order_by("instalment_id", "-pk").distinct("instalment_id").values("pk")
    counting = [PaymentState.SECURED, *LIVE_PAYMENT_STATES, *LOST_PAYMENT_STATES]
    counts = Q(state__in=counting) | Q(pk__in=last_ids)
    payments = list(of_escrow.filter(counts))
    refunded = of_escrow.order_by().filter(refunded_minor__gt=0).values_list("instalment_id")
    refunded_minor = dict(refunded.annotate(total=Sum("refunded_minor")))
    return [
        _instalment_money(row, payments, refunded_minor.get(row.pk, 0), gone_back_minor[row.pk])
        for row in _instalments(escrow_id)
    ]


def _instalment_money(
    row: Instalment, payments: list[Payment], refunded_minor: int, gone_back_minor: int
) -> InstalmentMoney:
    """`payments` newest first."""
    own = [payment for payment in payments if payment.instalment_id == row.pk]
    live = next((each for each in own if each.is_live), None)
    lost = [each for each in own if each.state in LOST_PAYMENT_STATES]
    counting = next((each for each in own if each.state == PaymentState.SECURED), live)
    fee_minor = counting.fee_minor if counting else 0
    received_minor = sum(each.price_left_minor for each in (counting, *lost) if each)
    missing_minor = 0 if row.secured_at else max(row.to_bring_minor + fee_minor - received_minor, 0)
    return InstalmentMoney(
        id=row.pk,
        sequence=row.sequence,
        due_on=row.due_on,
        amount_minor=row.amount_minor,
        asked_minor=row.asked_minor,
        fee_minor=fee_minor,
        received_minor=received_minor,
        kept_minor=sum(each.price_left_minor for each in lost),
        refunded_minor=refunded_minor,
        gone_back_minor=gone_back_minor,
        missing_minor=missing_minor,
        shortfall_minor=row.shortfall_minor,
        due_at=row.due_at,
        secured_at=row.secured_at,
        state=_word_of(row, live, lost),
        was_lost=bool(lost),
        live_payment=live,
        last_payment=own[0] if own else None,
    )


def _word_of(row: Instalment, live: Payment | None, lost: list[Payment]) -> str:
    if row.secured_at:
        return "SECURED"
    if live is not None and live.state == PaymentState.PENDING:
        return "SHORT" if live.left_minor else "PENDING"
    if lost:
        return "LOST"
    return "DUE" if row.due_at else "NOT_DUE"


def list_unsecured(escrow_id: int) -> list[Instalment]:
    """Instalments, due or not, whose money is not held, in their order."""
    return list(Instalment.objects.filter(escrow_id=escrow_id, secured_at__isnull=True).order_by("sequence"))


def held_minor_of(escrow_id: int) -> int:
    """What an escrow holds."""
    return Account.objects.values_list("balance_minor", flat=True).get(code=held(escrow_id)) or 0


BALANCE_SQL = """
SELECT account.balance_minor, coalesce(last.balance_minor, 0)
     + (CASE WHEN account.kind = ANY(%(debit_kinds)s) THEN 1 ELSE -1 END) * (
         coalesce((SELECT sum(amount_minor) FROM payments_transfer
                   WHERE debit_id = account.id AND booked_at >= coalesce(last.through, '-infinity')), 0)
       - coalesce((SELECT sum(amount_minor) FROM payments_transfer
                   WHERE credit_id = account.id AND booked_at >= coalesce(last.through, '-infinity')), 0))
FROM payments_account account
LEFT JOIN LATERAL (SELECT through, balance_minor FROM payments_dailyclosing
                   WHERE account_id = account.id ORDER BY through DESC LIMIT 1) last ON account.balance_minor IS NULL
WHERE account.code = %(code)s
"""


def balance_minor(code: str) -> int:
    """The balance of any account: the stored one, or the last daily closing plus the tail. 0 if there is none yet."""
    with connection.cursor() as cursor:
        cursor.execute(BALANCE_SQL, {"code": code, "debit_kinds": [str(kind) for kind in DEBIT_KINDS]})
        row = cursor.fetchone()
    if row is None:
        return 0
    stored, summed = row
    return int(summed if stored is None else stored)


def payee_and_currency(escrow_id: int) -> tuple[int, str]:
    return Escrow.objects.values_list("payee_id", "currency").get(pk=escrow_id)


# --- the funding certificate ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class FundingCertificate:
    """What the payee may rely on: which money the platform holds, since when. Nothing that is only on its way."""

    number: str
    title: str
    payer_name: str
    payee_name: str
    currency: str
    total_minor: int
    secured_minor: int
    held_minor: int
    secured_at: datetime
    instalments: list[InstalmentMoney]


def funding_certificate(escrow_id: int) -> FundingCertificate:
    """Raises NotFound while no instalment is secured, once nothing is held any more, and once funding was stopped:
    then the deal is being undone, and nobody should rely on the money that is still there.
    """
    money = money_of(escrow_id)
    secured = [each for each in money.instalments if each.secured_at]
    if not secured or money.held_minor == 0 or money.escrow.stopped_at is not None:
        raise NotFound
    parties = Escrow.objects.select_related("payer", "payee").get(pk=escrow_id)
    return FundingCertificate(
        number=f"FC-{money.escrow.reference.removeprefix('esc_')[:8].upper()}-{len(secured)}",
        title=money.escrow.title,
        payer_name=parties.payer.name,
        payee_name=parties.payee.name,
        currency=money.currency,
        total_minor=money.total_minor,
        secured_minor=sum(each.received_minor for each in secured),
        held_minor=money.held_minor,
        secured_at=max(each.secured_at for each in secured if each.secured_at),
        instalments=secured,
    )


# --- gates and lists --------------------------------------------------------------------------------------------------
def get_payment_for(company_id: int | None, ref: str) -> Payment:
    """A payment of an escrow in which the company is payer or payee. A stranger gets NotFound."""
    payment = Payment.objects.select_related("escrow", "instalment").filter(reference=ref).first()
    if payment is None or company_id not in (payment.escrow.payer_id, payment.escrow.payee_id):
        raise NotFound
    return payment


def get_payout_for(company_id: int | None, ref: str) -> Payout:
    """The company's own payout. A stranger gets NotFound."""
    payout = Payout.objects.select_related("account").filter(reference=ref).first()
    if payout is None or company_id != payout.company_id:
        raise NotFound
    return payout


def list_payouts(company_id: int, *, before_id: int | None = None, most: int = 50) -> list[Payout]:
    """Newest first, older than `before_id`; at most 200."""
    rows = Payout.objects.filter(company_id=company_id).select_related("account").order_by("-pk")
    return list((rows.filter(pk__lt=before_id) if before_id else rows)[: min(most, MOST)])


def open_payout(company_id: int, currency: str) -> Payout | None:
    """The newest payout that may still arrive."""
    rows = Payout.objects.filter(company_id=company_id, currency=currency, state__in=OPEN_STATES)
    return rows.select_related("account").order_by("-pk").first()


def list_payments(escrow_id: int) -> list[Payment]:
    """Newest first; at most 200."""
    return list(Payment.objects.filter(escrow_id=escrow_id).select_related("instalment").order_by("-pk")[:MOST])


def approvals_of(row: Payout | Refund) -> list[Approval]:
    """Who approved a large payout or refund, first first."""
    subject = {"payout": row} if isinstance(row, Payout) else {"refund": row}
    return list(Approval.objects.filter(**subject).select_related("user").order_by("pk"))


def payable_by_currency(company_id: int) -> dict[str, int]:
    """What a company is owed and no payout has taken yet, by currency; zeros are left out."""
    rows = Account.objects.filter(kind=AccountKind.PAYABLE, company_id=company_id, balance_minor__gt=0)
    return {row.currency: row.balance_minor or 0 for row in rows.order_by("currency")}


def statement(account_id: int, *, before_version: int | None = None, most: int = 50) -> list[Entry]:
    """The entries of a stored account, newest first, with the running balance: one index range."""
    rows = Entry.objects.filter(account_id=account_id).select_related("transfer").order_by("-version")
    return list((rows.filter(version__lt=before_version) if before_version else rows)[: min(most, MOST)])
