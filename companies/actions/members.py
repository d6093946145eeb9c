from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _

from companies.actions.people import check_email
from companies.events import ColleagueInvited, ColleagueJoined
from companies.history import record
from companies.locks import lock_company, lock_invitation, lock_membership
from companies.models import Invitation, Membership, Role, User
from companies.policies import check_may
from core.actions import action
from core.actors import Actor
from core.errors import Invalid, NotAllowed, NotFound, Refused
from core.events import publish
from core.text_rules import check_name

INVITATION_DAYS = 14
MOST_MEMBERS = 100


class LastOwner(Refused):
    code = "last_owner"
    message = _("A company needs an owner. Make somebody else an owner first.")


class InvitationOver(Refused):
    code = "invitation_over"
    message = _("This invitation was withdrawn, used or has lapsed. Ask your colleague for a new one.")


class OtherAddress(Refused):
    code = "other_address"
    status = 403
    message = _("This invitation went to another e-mail address. Log in with that address.")


def check_role(role: str) -> Role:
    if role not in Role.values:
        raise Invalid(fields={"role": _("Choose a role from the list.")})
    return Role(role)


@action
def invite_colleague(*, company_id: int, email: str, role: str, by: Actor, at: datetime) -> Invitation:
    """Ask somebody by e-mail to join in a role. Valid for 14 days. Inviting the same address again replaces the first.

    Locks the company. Raises NotAllowed (only owners); Invalid for a wrong address, role, or a member's address.
    """
    company = lock_company(company_id)
    check_may(by, "members", company.pk)
    address, chosen = check_email(email), check_role(role)
    people = Membership.objects.filter(company=company)
    if people.filter(user__email=address).exists():
        raise Invalid(fields={"email": _("This person is a member already.")})
    live = Invitation.objects.filter(company=company, accepted_at__isnull=True, revoked_at__isnull=True)
    live.filter(email=address).update(revoked_at=at)
    if people.count() + live.filter(expires_at__gt=at).count() >= MOST_MEMBERS:
        raise Invalid(fields={"email": _("A company can have 100 people at most.")})
    inviter = User.objects.filter(pk=by.user_id or 0).first()
    if inviter is None:
        raise NotAllowed
    invitation = Invitation.objects.create(
        company=company,
        email=address,
        role=chosen,
        language=inviter.language,
        invited_by=inviter,
        created_at=at,
        expires_at=at + timedelta(days=INVITATION_DAYS),
    )
    publish(ColleagueInvited(invitation_id=invitation.pk, at=at))
    return invitation


@action
def revoke_invitation(*, reference: str, company_id: int, by: Actor, at: datetime) -> Invitation:
    """Take an invitation back. Again: no change. Locks the company, then the invitation.

    Raises NotAllowed; NotFound for another company's; InvitationOver once accepted.
    """
    company = lock_company(company_id)
    check_may(by, "members", company.pk)
    invitation = lock_invitation(reference)
    if invitation.company_id != company.pk:
        raise NotFound
    if invitation.accepted_at is not None:
        raise InvitationOver
    if invitation.revoked_at is None:
        invitation.revoked_at = at
        invitation.save(update_fields=["revoked_at"])
    return invitation


@action
def accept_invitation(*, reference: str, full_name: str, by: Actor, at: datetime) -> Membership:
    """Join the company, if the acting person has confirmed the invited address. Again: the same membership.

    Locks the company, then the invitation. Raises NotFound, OtherAddress, InvitationOver, Invalid, NotAllowed (staff).
    """
    found = Invitation.objects.filter(reference=reference).values_list("company_id", flat=True).first()
    if found is None:
        raise NotFound
    company = lock_company(found)
    invitation = lock_invitation(reference)
    user = User.objects.filter(pk=by.user_id or 0, is_active=True, is_staff=False).first()
    if user is None:
        raise NotAllowed
    if not EmailAddress.objects.filter(user=user, email=invitation.email, verified=True).exists():
        raise OtherAddress
    present = Membership.objects.filter(user=user, company=company).first()
    if present is not None and invitation.accepted_at is not None:
        return present
    if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= at:
        raise InvitationOver
    user.full_name = check_name(full_name, "full_name")
    user.save(update_fields=["full_name"])
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    if present is not None:
        return present
    membership = Membership.objects.create(user=user, company=company, role=invitation.role, created_at=at)
    record(
        membership, field="role", verb="join", source="", target=membership.role, by=by, at=at, company_id=company.pk
    )
    publish(ColleagueJoined(company_id=company.pk, user_id=user.pk, at=at))
    return membership


@action
def change_role(*, reference: str, company_id: int, role: str, by: Actor, at: datetime) -> Membership:
    """Give a member another role. The same again: no change. Locks the company, then the membership.

    Raises NotAllowed, NotFound, Invalid; LastOwner when nobody would own the company.
    """
    company = lock_company(company_id)
    check_may(by, "members", company.pk)
    membership, chosen = lock_membership(reference, company.pk), check_role(role)
    if membership.role == chosen:
        return membership
    _keep_an_owner(membership)
    source, membership.role = membership.role, chosen
    membership.save(update_fields=["role"])
    record(membership, field="role", verb="change", source=source, target=chosen, by=by, at=at)
    return membership


@action
def remove_member(*, reference: str, company_id: int, by: Actor, at: datetime) -> None:
    """End a membership: an owner anybody's, a member their own. What they did stays. Locks company, then membership.

    Raises NotAllowed, NotFound (also the second time); LastOwner when nobody would own the company.
    """
    company = lock_company(company_id)
    check_may(by, "read", company.pk)
    membership = lock_membership(reference, company.pk)
    if membership.user_id != by.user_id:
        check_may(by, "members", company.pk)
    _keep_an_owner(membership)
    record(
        membership,
        field="role",
        verb="remove",
        source=membership.role,
        target="",
        by=by,
        at=at,
        why=f"user {membership.user_id}",
    )
    membership.delete()


def _keep_an_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    others = Membership.objects.filter(company_id=membership.company_id, role=Role.OWNER, user__is_active=True)
    if not others.exclude(pk=membership.pk).exists():
        raise LastOwner
