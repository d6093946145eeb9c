from companies.models.company import Company, Identity, Invitation, Membership, Role
from companies.models.payout_account import PayoutAccount
from companies.models.user import StaffGroup, User

__all__ = ["Company", "Identity", "Invitation", "Membership", "PayoutAccount", "Role", "StaffGroup", "User"]
