"""The link in an owner's mail that stops a payout account, without a log-in: it can take away, and nothing else."""

from datetime import timedelta

from django.core import signing

from companies.models import Membership, PayoutAccount
from core.errors import NotFound

SALT = "companies.stop_payout_account"
LIVES = timedelta(days=30)


def stop_token(account: PayoutAccount, owner: Membership) -> str:
    """The secret part of the link's address. Only mail and notices to that owner may carry it."""
    return signing.dumps([account.reference, owner.reference], salt=SALT)


def behind_stop_token(token: str) -> tuple[PayoutAccount, Membership]:
    """What a link stops, and as whom. Wall time. Raises NotFound for a wrong, changed or old one, and for who left."""
    try:
        account_ref, member_ref = signing.loads(token, salt=SALT, max_age=LIVES)
    except (signing.BadSignature, ValueError):
        raise NotFound from None
    account = PayoutAccount.objects.select_related("company").filter(reference=account_ref).first()
    rows = Membership.objects.select_related("user").filter(reference=member_ref, user__is_active=True)
    owner = rows.filter(company_id=account.company_id).first() if account else None
    if account is None or owner is None:
        raise NotFound
    return account, owner
