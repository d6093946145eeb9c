"""Every write of this app, by noun."""

from companies.actions.companies import (
    create_company,
    enrol_company,
    found_company,
    record_identity,
    reinstate_company,
    suspend_company,
    update_company,
    verify_company,
)
from companies.actions.members import (
    accept_invitation,
    change_role,
    invite_colleague,
    remove_member,
    revoke_invitation,
)
from companies.actions.payout_accounts import add_payout_account, remove_payout_account, verify_payout_account
from companies.actions.people import create_person, create_staff, update_profile

__all__ = [
    "accept_invitation",
    "add_payout_account",
    "change_role",
    "create_company",
    "create_person",
    "create_staff",
    "enrol_company",
    "found_company",
    "invite_colleague",
    "record_identity",
    "reinstate_company",
    "remove_member",
    "remove_payout_account",
    "revoke_invitation",
    "suspend_company",
    "update_company",
    "update_profile",
    "verify_company",
    "verify_payout_account",
]
