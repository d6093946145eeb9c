"""News of companies. Ids only."""

from datetime import datetime

from core.events import event


@event
class ColleagueInvited:
    invitation_id: int
    at: datetime


@event
class ColleagueJoined:
    company_id: int
    user_id: int
    at: datetime


@event
class PayoutAccountAdded:
    payout_account_id: int
    at: datetime


@event
class PayoutAccountVerified:
    payout_account_id: int
    at: datetime


@event
class PayoutAccountRemoved:
    payout_account_id: int
    at: datetime


@event
class CompanyVerified:
    company_id: int
    at: datetime


@event
class CompanyEnrolled:
    company_id: int
    at: datetime


@event
class CompanySuspended:
    company_id: int
    at: datetime


@event
class CompanyReinstated:
    company_id: int
    at: datetime
