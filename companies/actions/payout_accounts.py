import re
import unicodedata
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from stdnum import bic as bic_number
from stdnum import iban

from companies.events import PayoutAccountAdded, PayoutAccountRemoved, PayoutAccountVerified
from companies.history import record
from companies.locks import lock_company, lock_payout_account
from companies.models import PayoutAccount, StaffGroup
from companies.places import check_country
from companies.policies import check_may, check_staff
from companies.queries import usable_payout_account
from core.actions import action
from core.actors import Actor
from core.errors import Invalid, NotFound
from core.events import publish
from core.money import CURRENCIES
from core.text_rules import check_name

WAIT = timedelta(hours=72)
"""How long a new account rests before money goes there, while all owners know (rules, section 2)."""
MOST_ACCOUNTS = 20


CONNECTED = r"acct_[A-Za-z0-9]{8,32}"
"""A seller's own account at Stripe, where companies are paid out by it; upper and lower case differ there."""


def check_number(text: str, field: str = "number") -> str:
    """An IBAN with right check digits, or 5 to 34 letters and digits. Without blanks, upper case. Raises Invalid."""
    if settings.PAYOUT_GATEWAY == "stripe" and re.fullmatch(CONNECTED, text.strip()):
        return text.strip()
    number = re.sub(r"[\s\-]", "", text).upper()
    if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", number):
        if not iban.is_valid(number, check_country=False):
            raise Invalid(
                fields={field: _("The check digits of this IBAN don't fit. Compare it with your bank's paper.")}
            )
        return number
    if not re.fullmatch(r"[A-Z0-9]{5,34}", number):
        raise Invalid(fields={field: _("Write 5 to 34 letters and digits, as on your bank's paper.")})
    return number


def bank_can_write(holder: str) -> bool:
    """False where companies are paid out by bank, and a bank's file carries no letter of the name."""
    return settings.PAYOUT_GATEWAY != "bank" or bool(re.search("[A-Za-z]", unicodedata.normalize("NFKD", holder)))


def check_holder(text: str, field: str = "holder") -> str:
    """A name; with a letter that a bank's file can carry where companies are paid out by bank. Raises Invalid."""
    name = check_name(text, field)
    if not bank_can_write(name):
        raise Invalid(
            fields={
                field: _(
                    "We can't write this name in a bank file. Give the name in Latin letters as your bank knows it."
                )
            }
        )
    return name


def check_bic(text: str, country: str, field: str = "bic") -> str:
    """8 or 11 characters, of a bank in that country. Raises Invalid."""
    code = re.sub(r"\s", "", text).upper()
    if not bic_number.is_valid(code):
        raise Invalid(fields={field: _("A BIC has 8 or 11 letters and digits, for example BFTVVNVX.")})
    if code[4:6] != country:
        raise Invalid(fields={field: _("This BIC belongs to a bank in another country.")})
    return code


@action
def add_payout_account(
    *,
    company_id: int,
    currency: str,
    holder: str,
    number: str,
    bic: str,
    bank_name: str,
    country: str,
    by: Actor,
    at: datetime,
) -> PayoutAccount:
    """Name a bank account for payouts in one currency. Usable 72 hours later, once staff verified it.

    Locks the company. All owners are told. Raises NotAllowed; Invalid, also for an account that is there already.
    """
    company = lock_company(company_id)
    check_may(by, "payout_account", company.pk)
    if currency not in CURRENCIES:
        raise Invalid(fields={"currency": _("Choose one from the list.")})
    checked = {
        "holder": check_holder(holder),
        "number": check_number(number),
        "country": check_country(country),
        "bic": check_bic(bic, country),
        "bank_name": check_name(bank_name, "bank_name"),
    }
    live = PayoutAccount.objects.filter(company=company, removed_at__isnull=True)
    if live.filter(currency=currency, number=checked["number"]).exists():
        raise Invalid(fields={"number": _("This account is there already.")})
    if live.count() >= MOST_ACCOUNTS:
        raise Invalid(fields={"number": _("A company can have 20 payout accounts at most. Remove one first.")})
    account = PayoutAccount.objects.create(
        company=company, currency=currency, added_by_id=by.user_id, added_at=at, usable_from=at + WAIT, **checked
    )
    record(account, field="live", verb="add", source="NO", target="YES", by=by, at=at, company_id=company.pk)
    publish(PayoutAccountAdded(payout_account_id=account.pk, at=at))
    return account


@action
def verify_payout_account(*, reference: str, why: str = "", by: Actor, at: datetime) -> PayoutAccount:
    """Staff (verifier) saw proof that the account is the company's. Again: no change. The 72 hours still run.

    Locks the account. Raises NotAllowed, NotFound (also for a removed one).
    """
    check_staff(by, StaffGroup.VERIFIER)
    account = lock_payout_account(reference)
    if account.removed_at is not None:
        raise NotFound
    if account.verified_at is None:
        account.verified_at = at
        account.save(update_fields=["verified_at"])
        record(
            account,
            field="verified",
            verb="verify",
            source="NO",
            target="YES",
            by=by,
            at=at,
            company_id=account.company_id,
            why=why,
        )
        publish(PayoutAccountVerified(payout_account_id=account.pk, at=at))
    return account


@action
def remove_payout_account(*, reference: str, company_id: int, by: Actor, at: datetime) -> PayoutAccount:
    """No new payout goes there; one on its way is not stopped. Again: no change. Locks the company, then its accounts.

    Where money went there until now, the other accounts in its currency rest for 72 hours first: whatever changes where
    money goes, waits. All owners are told. Raises NotAllowed; NotFound for another company's.
    """
    company = lock_company(company_id)
    check_may(by, "payout_account", company.pk)
    account = lock_payout_account(reference)
    if account.company_id != company.pk:
        raise NotFound
    if account.removed_at is None:
        if usable_payout_account(company.pk, account.currency, at) == account:
            _let_others_rest(account, at)
        account.removed_at = at
        account.save(update_fields=["removed_at"])
        record(account, field="live", verb="remove", source="YES", target="NO", by=by, at=at)
        publish(PayoutAccountRemoved(payout_account_id=account.pk, at=at))
    return account


def _let_others_rest(account: PayoutAccount, at: datetime) -> None:
    others = PayoutAccount.objects.filter(
        company_id=account.company_id, currency=account.currency, removed_at__isnull=True, usable_from__lt=at + WAIT
    )
    others.exclude(pk=account.pk).update(usable_from=at + WAIT)
