"""Every read that a door, or an app above, needs of companies."""

from collections.abc import Sequence
from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.db.models import QuerySet
from django.http import HttpRequest

from companies.models import Company, Invitation, Membership, PayoutAccount, StaffGroup, User
from companies.policies import roles_for
from core.actors import Actor, Door
from core.errors import NotAllowed, NotFound

SESSION_KEY = "company"


def memberships_of(user: User) -> list[Membership]:
    """Every company a person works for, oldest first, with the company."""
    return list(Membership.objects.filter(user=user).select_related("company").order_by("pk"))


def membership_in(user: User, company_id: int) -> Membership | None:
    return Membership.objects.filter(user=user, company_id=company_id).select_related("company").first()


def active_membership(request: HttpRequest) -> Membership | None:
    """The membership this browser session acts under: the chosen one if it still stands, else the oldest."""
    if not request.user.is_authenticated:
        return None
    rows = Membership.objects.filter(user_id=request.user.pk).select_related("company").order_by("pk")
    memberships = list(rows[:100])
    setattr(request, "memberships", memberships)  # noqa: B010  (the company switch shows the same)
    chosen = request.session.get(SESSION_KEY)
    return next(
        (each for each in memberships if each.company.reference == chosen), memberships[0] if memberships else None
    )


def actor_of(request: HttpRequest, door: Door = "page") -> Actor:
    """The person of this request, their active company and role, and where from. Raises NotAllowed if nobody."""
    if not request.user.is_authenticated:
        raise NotAllowed
    if hasattr(request, "membership"):
        membership: Membership | None = request.membership
    else:
        membership = active_membership(request)
    return Actor(
        kind="user",
        door=door,
        user_id=request.user.pk,
        company_id=membership.company_id if membership else None,
        role=membership.role if membership else "",
        address=address_of(request),
    )


def actor_by_link(member: Membership, request: HttpRequest) -> Actor:
    """Whoever holds a link that was mailed to a member, in the role that they have now."""
    address = address_of(request)
    return Actor(
        kind="user",
        door="page",
        user_id=member.user_id,
        company_id=member.company_id,
        role=member.role,
        address=address,
    )


def staff_actor_of(request: HttpRequest, door: Door = "admin") -> Actor:
    """A member of staff in the admin; `role` names the groups. Raises NotAllowed for everybody else."""
    user = request.user
    if not (isinstance(user, User) and user.is_active and user.is_staff):
        raise NotAllowed
    return Actor(kind="staff", door=door, user_id=user.pk, role=staff_groups(user), address=address_of(request))


def gave_second_factor(request: HttpRequest) -> bool:
    """Whether the person gave a second factor in this very session."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def staff_groups(user: User) -> str:
    """The staff groups of a person, separated by blanks; a superuser is in all of them."""
    if user.is_superuser:
        return " ".join(StaffGroup.values)
    return " ".join(sorted(user.groups.filter(name__in=StaffGroup.values).values_list("name", flat=True)))


def actor_for(user: User, *, company: Company | None = None, door: Door = "page", address: str = "") -> Actor:
    """An actor without a request: staff by their groups, others by their role in `company` or their oldest one."""
    if user.is_staff:
        return Actor(kind="staff", door=door, user_id=user.pk, role=staff_groups(user), address=address)
    rows = Membership.objects.filter(user=user).order_by("pk")
    membership = (rows.filter(company=company) if company else rows).first()
    return Actor(
        kind="user",
        door=door,
        user_id=user.pk,
        company_id=membership.company_id if membership else None,
        role=membership.role if membership else "",
        address=address,
    )


def address_of(request: HttpRequest) -> str:
    """The client's network address, behind as many proxies as the settings trust."""
    return str(get_adapter(request).get_client_ip(request) or "")


def get_company_for(user: User, ref: str) -> Company:
    """A company the person works for. Raises NotFound for every other one."""
    membership = Membership.objects.filter(user=user, company__reference=ref).select_related("company").first()
    if membership is None:
        raise NotFound
    return membership.company


def usable_payout_account(company_id: int, currency: str, at: datetime) -> PayoutAccount | None:
    """Where money in `currency` may be paid out at `at`: verified, past its 72 hours, not removed; the newest such."""
    return (
        PayoutAccount.objects.filter(
            company_id=company_id,
            currency=currency,
            usable_from__lte=at,
            verified_at__isnull=False,
            removed_at__isnull=True,
        )
        .order_by("-added_at", "-pk")
        .first()
    )


def payout_accounts_of(company_id: int) -> list[PayoutAccount]:
    """Those in use, newest first; at most a hundred."""
    rows = PayoutAccount.objects.filter(company_id=company_id, removed_at__isnull=True)
    return list(rows.order_by("-added_at", "-pk")[:100])


def payout_account_of(company_id: int, reference: str) -> PayoutAccount:
    """Raises NotFound for a removed one or another company's."""
    rows = PayoutAccount.objects.filter(company_id=company_id, removed_at__isnull=True)
    account = rows.filter(reference=reference).first()
    if account is None:
        raise NotFound
    return account


def members_of(company_id: int) -> QuerySet[Membership]:
    """With the person, by role and name."""
    rows = Membership.objects.filter(company_id=company_id).select_related("user", "company")
    return rows.order_by("role", "user__full_name", "pk")


def members_to_tell(company_id: int, verbs: Sequence[str]) -> list[User]:
    """Active people of a company whose role allows one of the verbs. One query."""
    people = Membership.objects.filter(company_id=company_id, role__in=roles_for(*verbs), user__is_active=True)
    return [each.user for each in people.select_related("user").order_by("pk")]


def owners_of(company_id: int) -> list[Membership]:
    """The active owners of a company, with the person."""
    rows = Membership.objects.filter(company_id=company_id, role__in=roles_for("company"), user__is_active=True)
    return list(rows.select_related("user").order_by("pk"))


def staff_to_tell(group: StaffGroup | str) -> list[User]:
    """Active staff of a group."""
    return list(User.objects.filter(is_staff=True, is_active=True, groups__name=str(group)).order_by("pk"))


def open_invitations_of(company_id: int, at: datetime) -> list[Invitation]:
    """Waiting and not lapsed, newest first."""
    rows = Invitation.objects.filter(
        company_id=company_id, accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at
    )
    return list(rows.order_by("-created_at", "-pk")[:100])


def invitations_for(email: str, at: datetime) -> list[Invitation]:
    """What waits for the owner of an address."""
    rows = Invitation.objects.filter(
        email=email.lower(), accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at
    )
    return list(rows.select_related("company", "invited_by").order_by("-created_at")[:20])


def invitation_by_reference(reference: str) -> Invitation:
    """Raises NotFound."""
    invitation = Invitation.objects.filter(reference=reference).select_related("company", "invited_by").first()
    if invitation is None:
        raise NotFound
    return invitation
