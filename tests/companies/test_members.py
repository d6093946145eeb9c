"""Inviting, joining, changing roles and leaving."""

from datetime import timedelta

import pytest

from companies.actions import accept_invitation, change_role, invite_colleague, remove_member, revoke_invitation
from companies.actions.members import InvitationOver, LastOwner, OtherAddress
from companies.history import history_of
from companies.models import Invitation, Membership, Role
from companies.policies import VERBS
from companies.queries import members_to_tell, open_invitations_of
from core.errors import Invalid, NotAllowed, NotFound
from core.models import Event, Transition
from tests.cast import actor, company_of, person


def invite(owner, email, now, role=Role.SALES):
    return invite_colleague(company_id=company_of(owner).pk, email=email, role=role, by=actor(owner), at=now)


def accept(invitation, user, now):
    return accept_invitation(reference=invitation.reference, full_name=user.full_name, by=actor(user), at=now)


def test_invited_colleague_joins_in_the_role(buyer_owner, now):
    invitation = invite(buyer_owner, " New@Lakeside.example ", now, Role.FINANCE)
    assert (invitation.email, invitation.expires_at) == ("new@lakeside.example", now + timedelta(days=14))
    colleague = person("new@lakeside.example", "Nell New")
    membership = accept(invitation, colleague, now)
    assert (membership.company, membership.role) == (company_of(buyer_owner), Role.FINANCE)
    heard = list(Event.objects.order_by("id").values_list("name", flat=True))
    assert heard == ["companies.ColleagueInvited", "companies.ColleagueJoined"]


def test_accepting_twice_is_once(buyer_owner, now):
    invitation, colleague = invite(buyer_owner, "new@lakeside.example", now), person("new@lakeside.example", "Nell")
    assert accept(invitation, colleague, now) == accept(invitation, colleague, now)
    assert Event.objects.filter(name="companies.ColleagueJoined").count() == 1


def test_another_address_cannot_accept(buyer_owner, stranger, verifier, now):
    invitation = invite(buyer_owner, "new@lakeside.example", now)
    with pytest.raises(OtherAddress):
        accept(invitation, stranger, now)
    with pytest.raises(NotAllowed):
        accept(invitation, verifier, now)
    assert Membership.objects.filter(company=company_of(buyer_owner)).count() == 1


def test_an_unconfirmed_address_cannot_accept(buyer_owner, now):
    invitation, colleague = invite(buyer_owner, "new@lakeside.example", now), person("new@lakeside.example", "Nell")
    colleague.emailaddress_set.update(verified=False)
    with pytest.raises(OtherAddress):
        accept(invitation, colleague, now)


def test_lapsed_revoked_and_replaced_invitations_are_over(buyer_owner, now):
    colleague = person("new@lakeside.example", "Nell")
    first = invite(buyer_owner, colleague.email, now)
    second = invite(buyer_owner, colleague.email, now)
    with pytest.raises(InvitationOver):
        accept(first, colleague, now)
    with pytest.raises(InvitationOver):
        accept(second, colleague, now + timedelta(days=14))
    company = company_of(buyer_owner)
    for _time in (1, 2):
        revoke_invitation(reference=second.reference, company_id=company.pk, by=actor(buyer_owner), at=now)
    with pytest.raises(InvitationOver):
        accept(second, colleague, now)
    assert open_invitations_of(company.pk, now) == []


@pytest.mark.parametrize(
    ("field", "value"), [("email", "no address"), ("email", "a" * 300 + "@x.example"), ("role", "king")]
)
def test_bad_invitations_are_refused_beside_the_field(buyer_owner, now, field, value):
    given = {"email": "new@lakeside.example", "role": "sales"} | {field: value}
    with pytest.raises(Invalid) as refusal:
        invite_colleague(company_id=company_of(buyer_owner).pk, **given, by=actor(buyer_owner), at=now)
    assert list(refusal.value.fields) == [field]


def test_a_member_is_not_invited_again(buyer_owner, buyer_viewer, now):
    with pytest.raises(Invalid) as refusal:
        invite(buyer_owner, buyer_viewer.email, now)
    assert list(refusal.value.fields) == ["email"]


def test_only_owners_of_this_company_invite_and_revoke(buyer_owner, buyer_purchasing, stranger, verifier, now):
    company, invitation = company_of(buyer_owner), invite(buyer_owner, "new@lakeside.example", now)
    for user in (buyer_purchasing, stranger, verifier):
        with pytest.raises(NotAllowed):
            invite_colleague(company_id=company.pk, email="x@x.example", role="owner", by=actor(user), at=now)
        with pytest.raises(NotAllowed):
            revoke_invitation(reference=invitation.reference, company_id=company.pk, by=actor(user), at=now)
    with pytest.raises(NotFound):
        revoke_invitation(
            reference=invitation.reference, company_id=company_of(stranger).pk, by=actor(stranger), at=now
        )
    assert Invitation.objects.get(pk=invitation.pk).revoked_at is None


def membership_of(user):
    return Membership.objects.get(user=user)


def test_owner_changes_a_role_once(buyer_owner, buyer_viewer, now):
    ref, company = membership_of(buyer_viewer).reference, company_of(buyer_owner)
    for _time in (1, 2):
        change_role(reference=ref, company_id=company.pk, role="finance", by=actor(buyer_owner), at=now)
    assert actor(buyer_viewer).role == Role.FINANCE
    assert [(row.source, row.target) for row in history_of(membership_of(buyer_viewer))] == [
        ("", "viewer"),
        ("viewer", "finance"),
    ]


def test_nobody_else_changes_roles(buyer_owner, buyer_viewer, buyer_finance, stranger, now):
    ref, company = membership_of(buyer_viewer).reference, company_of(buyer_owner)
    for user in (buyer_viewer, buyer_finance, stranger):
        with pytest.raises(NotAllowed):
            change_role(reference=ref, company_id=company.pk, role="owner", by=actor(user), at=now)
        if user != buyer_viewer:
            with pytest.raises(NotAllowed):
                remove_member(reference=ref, company_id=company.pk, by=actor(user), at=now)
    with pytest.raises(NotFound):
        change_role(reference=ref, company_id=company_of(stranger).pk, role="owner", by=actor(stranger), at=now)
    assert actor(buyer_viewer).role == Role.VIEWER


def test_a_company_keeps_an_owner(buyer_owner, buyer_viewer, now):
    company, ref = company_of(buyer_owner), membership_of(buyer_owner).reference
    with pytest.raises(LastOwner):
        change_role(reference=ref, company_id=company.pk, role="viewer", by=actor(buyer_owner), at=now)
    with pytest.raises(LastOwner):
        remove_member(reference=ref, company_id=company.pk, by=actor(buyer_owner), at=now)
    other = membership_of(buyer_viewer).reference
    change_role(reference=other, company_id=company.pk, role="owner", by=actor(buyer_owner), at=now)
    remove_member(reference=ref, company_id=company.pk, by=actor(buyer_owner), at=now)
    assert actor(buyer_owner).company_id is None


def test_leaving_and_removing(buyer_owner, buyer_viewer, buyer_finance, now):
    company = company_of(buyer_owner)
    own = membership_of(buyer_viewer)
    remove_member(reference=own.reference, company_id=company.pk, by=actor(buyer_viewer), at=now)
    ref = membership_of(buyer_finance).reference
    remove_member(reference=ref, company_id=company.pk, by=actor(buyer_owner), at=now)
    with pytest.raises(NotFound):
        remove_member(reference=ref, company_id=company.pk, by=actor(buyer_owner), at=now)
    assert members_to_tell(company.pk, ["read"]) == [buyer_owner]
    assert Transition.objects.filter(verb="remove", subject_id=own.pk).count() == 1


def test_who_is_told(buyer_owner, buyer_purchasing, buyer_finance, buyer_viewer):
    company = company_of(buyer_owner)
    assert members_to_tell(company.pk, ["pay"]) == [buyer_owner, buyer_purchasing, buyer_finance]
    assert members_to_tell(company.pk, ["confirm"]) == [buyer_owner, buyer_purchasing]
    assert members_to_tell(company.pk, ["payout"]) == [buyer_owner, buyer_finance]
    assert members_to_tell(company.pk, ["send"]) == [buyer_owner]
    assert len(members_to_tell(company.pk, ["read"])) == 4
    buyer_finance.is_active = False
    buyer_finance.save()
    assert buyer_finance not in members_to_tell(company.pk, ["pay"])


def test_table_of_who_clicks_is_that_of_the_rules():
    def letters(verb):
        return "".join(role.value[0] for role in Role if role in VERBS[verb])

    selling = {"draft", "send", "progress", "ready", "ship", "change_order_as_seller"}
    assert {letters(verb) for verb in selling} == {"os"}
    assert {letters(verb) for verb in ("request_changes", "confirm", "arrival", "change_order_as_buyer")} == {"op"}
    assert {letters(verb) for verb in ("pay", "declare_wire", "statements", "accept", "settle", "cancel")} == {"opf"}
    assert {letters(verb) for verb in ("payout_account", "payout")} == {"of"}
    assert {letters(verb) for verb in ("dispute", "evidence")} == {"ospf"}
    assert letters("read") == "ospfv"
    assert {letters(verb) for verb in ("company", "members")} == {"o"}
    assert len(VERBS) == 23
