from datetime import datetime

from django.utils.translation import gettext_lazy as _

from companies.actions.people import update_profile
from companies.events import CompanyEnrolled, CompanyReinstated, CompanySuspended, CompanyVerified
from companies.history import record
from companies.locks import lock_company
from companies.models import Company, Identity, Membership, PayoutAccount, Role, StaffGroup, User
from companies.places import check_country, check_zone
from companies.policies import check_may, check_staff
from core.actions import action
from core.actors import Actor
from core.errors import Invalid, NotAllowed, Refused
from core.events import publish
from core.text_rules import check_name, check_text

MOST_COMPANIES = 20


class NotVerified(Refused):
    code = "not_verified"
    message = _("The company must be verified first. Our staff does this on its papers.")


class Suspended(Refused):
    code = "suspended"
    message = _("The company is suspended. Write to our staff.")


class NoPayoutAccount(Refused):
    code = "no_payout_account"
    message = _("Add a payout account first: that is where the money of your orders goes.")


class NameIsFixed(Refused):
    code = "name_is_fixed"
    message = _("Name and country were verified and can't be changed here. Write to our staff.")


@action
def create_company(
    *, name: str, country: str, city: str = "", address: str = "", time_zone: str, by: Actor, at: datetime
) -> Company:
    """A new company, owned by the acting person. Holidays kept are those of its country until changed.

    Locks the person, so that a double click makes no second one: the same person's company of the same name and
    country is returned as it is. Raises NotAllowed, Invalid.
    """
    user = User.objects.select_for_update(no_key=True).filter(pk=by.user_id or 0, is_active=True).first()
    if user is None or user.is_staff:
        raise NotAllowed
    shown = check_name(name, "name")
    check_country(country)
    mine = Membership.objects.filter(user=user).select_related("company")
    twin = next((each.company for each in mine if (each.company.name, each.company.country) == (shown, country)), None)
    if twin is not None:
        return twin
    if len(mine) >= MOST_COMPANIES:
        raise Invalid(fields={"name": _("One person can belong to 20 companies at most.")})
    company = Company.objects.create(
        name=shown,
        country=country,
        city=check_text(city, "city", 100),
        address=check_text(address, "address", 300),
        time_zone=check_zone(time_zone),
        calendar_country=country,
        created_at=at,
    )
    owner = Membership.objects.create(user=user, company=company, role=Role.OWNER, created_at=at)
    record(owner, field="role", verb="create", source="", target=Role.OWNER, by=by, at=at, company_id=company.pk)
    return company


@action
def found_company(
    *,
    full_name: str,
    language: str,
    name: str,
    country: str,
    city: str = "",
    address: str = "",
    time_zone: str,
    by: Actor,
    at: datetime,
) -> Company:
    """Name the acting person and create their company, or neither. Locks and refusals as those two.

    The first company's zone becomes the person's own too; a further one leaves theirs as it is.
    """
    user = User.objects.filter(pk=by.user_id or 0).first()
    settled = user is not None and Membership.objects.filter(user=user).exists()
    own_zone = user.time_zone if user is not None and settled else time_zone
    update_profile(full_name=full_name, language=language, time_zone=own_zone, by=by, at=at)
    return create_company(name=name, country=country, city=city, address=address, time_zone=time_zone, by=by, at=at)


@action
def update_company(
    *,
    company_id: int,
    name: str,
    country: str,
    city: str,
    address: str,
    time_zone: str,
    calendar_country: str,
    by: Actor,
    at: datetime,
) -> Company:
    """An owner changes the company's data. Clocks that run already keep their stored ends. Locks the company.

    Raises NotAllowed, Invalid; NameIsFixed for another name or country once staff verified them.
    """
    company = lock_company(company_id)
    check_may(by, "company", company.pk)
    shown = check_name(name, "name")
    if company.verified_at and (shown, country) != (company.name, company.country):
        raise NameIsFixed(field="name" if shown != company.name else "country")
    before = f"{company.name} | {company.country} | {company.time_zone} | {company.calendar_country}"
    company.name = shown
    company.country = check_country(country)
    company.city = check_text(city, "city", 100)
    company.address = check_text(address, "address", 300)
    company.time_zone = check_zone(time_zone)
    company.calendar_country = check_country(calendar_country, "calendar_country")
    company.save()
    after = f"{company.name} | {company.country} | {company.time_zone} | {company.calendar_country}"
    if after != before:
        record(company, field="data", verb="update", source="", target="", by=by, at=at, why=f"{before} -> {after}")
    return company


@action
def verify_company(*, company_id: int, why: str = "", by: Actor, at: datetime) -> Company:
    """Staff (verifier) found its papers in order. Again: no change. Locks the company. Raises NotAllowed."""
    company = lock_company(company_id)
    check_staff(by, StaffGroup.VERIFIER)
    if company.verified_at is None:
        company.verified_at = at
        _switch(company, "verified", "verify", "YES", by=by, at=at, why=why)
        publish(CompanyVerified(company_id=company.pk, at=at))
    return company


@action
def enrol_company(*, company_id: int, why: str = "", by: Actor, at: datetime) -> Company:
    """From now on it may sell under trade assurance: an owner asks, or staff (verifier) does it. Again: no change.

    Locks the company. Raises NotAllowed, NotVerified, Suspended, NoPayoutAccount (rules, section 6).
    """
    company = lock_company(company_id)
    if by.kind == "staff":
        check_staff(by, StaffGroup.VERIFIER)
    else:
        check_may(by, "company", company.pk)
    if company.suspended_at is not None:
        raise Suspended
    if company.verified_at is None:
        raise NotVerified
    if not PayoutAccount.objects.filter(company=company, removed_at__isnull=True).exists():
        raise NoPayoutAccount
    if company.enrolled_at is None:
        company.enrolled_at = at
        _switch(company, "enrolled", "enrol", "YES", by=by, at=at, why=why)
        publish(CompanyEnrolled(company_id=company.pk, at=at))
    return company


@action
def suspend_company(*, company_id: int, why: str, by: Actor, at: datetime) -> Company:
    """Staff (verifier) stops it from selling; orders that run go on. Again: no change. Locks the company.

    Raises NotAllowed; Invalid without a reason.
    """
    company = lock_company(company_id)
    check_staff(by, StaffGroup.VERIFIER)
    reason = check_name(why, "why", 500)
    if company.suspended_at is None:
        company.suspended_at = at
        _switch(company, "suspended", "suspend", "YES", by=by, at=at, why=reason)
        publish(CompanySuspended(company_id=company.pk, at=at))
    return company


@action
def reinstate_company(*, company_id: int, why: str, by: Actor, at: datetime) -> Company:
    """Staff (verifier) lifts a suspension; verified and enrolled are as before. Again: no change. Locks the company."""
    company = lock_company(company_id)
    check_staff(by, StaffGroup.VERIFIER)
    reason = check_name(why, "why", 500)
    if company.suspended_at is not None:
        company.suspended_at = None
        _switch(company, "suspended", "reinstate", "NO", by=by, at=at, why=reason)
        publish(CompanyReinstated(company_id=company.pk, at=at))
    return company


def _switch(company: Company, field: str, verb: str, target: str, *, by: Actor, at: datetime, why: str = "") -> None:
    company.save()
    source = "NO" if target == "YES" else "YES"
    record(company, field=field, verb=verb, source=source, target=target, by=by, at=at, why=why)


@action
def record_identity(*, user: User, company: Company, signed_from: str) -> Identity:
    """Copy who somebody is at this moment, and where from, into the one erasable row that a signature cites."""
    return Identity.objects.create(
        full_name=user.full_name or user.email,
        email=user.email,
        company_name=company.name,
        address=company.postal_address,
        signed_from=signed_from,
    )
