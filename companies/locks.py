"""The only SELECT FOR UPDATE of this app. A company is locked before its accounts, members and invitations."""

from companies.models import Company, Invitation, Membership, PayoutAccount
from core.errors import NotFound


def lock_company(company_id: int) -> Company:
    company = Company.objects.select_for_update(no_key=True).filter(pk=company_id).first()
    if company is None:
        raise NotFound
    return company


def lock_membership(reference: str, company_id: int) -> Membership:
    """The company must be locked already."""
    rows = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    membership = rows.filter(reference=reference, company_id=company_id).first()
    if membership is None:
        raise NotFound
    return membership


def lock_invitation(reference: str) -> Invitation:
    rows = Invitation.objects.select_for_update(no_key=True, of=("self",)).select_related("company")
    invitation = rows.filter(reference=reference).first()
    if invitation is None:
        raise NotFound
    return invitation


def lock_payout_account(reference: str) -> PayoutAccount:
    account = PayoutAccount.objects.select_for_update(no_key=True).filter(reference=reference).first()
    if account is None:
        raise NotFound
    return account
