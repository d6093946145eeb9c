"""Where a refund by bank goes: to the account that paid; else to a verified one of the payer in the same name."""

from collections.abc import Sequence
from datetime import datetime

from companies.models import PayoutAccount
from companies.queries import payout_accounts_of
from payments.bank_references import squeezed
from payments.matching import is_same_name
from payments.models import DeskProposal, Receipt, Refund, SuspenseItem, SuspenseState
from payments.pain001 import Party, is_iban

NO_ACCOUNT_KNOWN = "no_account_known"
"""Why a refund by bank fails that has no account to go to."""


def party_of_refund(refund: Refund, *, at: datetime) -> Party | None:
    """The account to send a refund to. None where nobody can tell: then staff ask the payer for an account.

    That of money from the desk is what two treasurers said, if they did.

    An account that is no IBAN needs its bank's BIC, which statements don't give: a verified account of the payer with
    the same number tells it.
    """
    told = _told_by_two(refund)
    if told is not None:
        return told
    verified = _verified(refund, at)
    came = _remitter(refund)
    if came is not None:
        name, number = came
        same = next((each for each in verified if squeezed(each.number) == number), None)
        if same is not None:
            return _party(same)
        if is_iban(number):
            return Party(name=name or _payer_name(refund), account=number, bic="")
    own = next((each for each in verified if is_same_name(each.holder, _payer_name(refund))), None)
    return _party(own) if own else None


def knows_account(item: SuspenseItem) -> bool:
    """Whether the statement names an account that money on the desk can go back to."""
    return is_iban(squeezed(item.line.counterparty_account))


def _told_by_two(refund: Refund) -> Party | None:
    if refund.item_id is None:
        return None
    said = DeskProposal.objects.filter(item=refund.item_id, decision=SuspenseState.SENT_BACK).order_by("pk")
    last = said.filter(confirmed_by__isnull=False).exclude(terms={}).last()
    return Party(**last.terms) if last else None


def _verified(refund: Refund, at: datetime) -> Sequence[PayoutAccount]:
    """The payer's, newest first. Money that nobody could match has no payer whom we know."""
    if refund.escrow is None:
        return []
    accounts = payout_accounts_of(refund.escrow.payer_id)
    return [each for each in accounts if each.currency == refund.currency and each.is_usable(at)]


def _payer_name(refund: Refund) -> str:
    if refund.escrow is not None:
        return str(refund.escrow.payer.name)
    return refund.item.line.counterparty_name if refund.item else ""


def _remitter(refund: Refund) -> tuple[str, str] | None:
    """Name and account that brought the money: the only one, or the newest that brought at least as much."""
    if refund.item is not None:
        line = refund.item.line
        number = squeezed(line.counterparty_account)
        return (line.counterparty_name, number) if number else None
    receipts = Receipt.objects.filter(payment=refund.payment, currency=refund.currency).order_by("-pk")
    named = [row for row in receipts if squeezed(row.remitter_account)]
    if len({squeezed(row.remitter_account) for row in named}) > 1:
        named = [row for row in named if row.amount_minor >= refund.amount_minor]
    return (named[0].remitter_name, squeezed(named[0].remitter_account)) if named else None


def _party(account: PayoutAccount) -> Party:
    return Party(name=account.holder, account=account.number, bic=account.bic)
