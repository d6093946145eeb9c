"""Two people at once: a company keeps an owner, an invitation makes one member, a mail is claimed once."""

from functools import partial

import pytest

from companies.actions import accept_invitation, add_payout_account, invite_colleague, remove_member
from companies.actions.members import LastOwner
from companies.models import Membership, PayoutAccount, Role
from core import clock
from core.errors import Invalid
from messaging.actions import claim_mail, tell_address
from messaging.models import Mail
from tests.cast import LONG_AGO, actor, company_of, join, person
from tests.concurrency.racing import locks_before_writing, locks_off, meeting_before, run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_owners(buyer_owner):
    other = person("second@lakeside.example", "Second Owner")
    join(buyer_owner, other, Role.OWNER)
    return buyer_owner, other


def removals(owners, now):
    """Each removes the other."""
    company = company_of(owners[0])
    return [
        partial(
            remove_member,
            reference=Membership.objects.get(user=victim).reference,
            company_id=company.pk,
            by=actor(by),
            at=now,
        )
        for by, victim in (owners, owners[::-1])
    ]


def owners_left():
    return Membership.objects.filter(role=Role.OWNER).count()


def test_without_locks_two_owners_remove_each_other(two_owners, now):
    with locks_off(), meeting_before("companies.actions.members.record"):
        assert run_at_once(*removals(two_owners, now)) == [None, None]
    assert owners_left() == 0


def test_two_owners_removing_each_other_leave_one(two_owners, now):
    with meeting_before("companies.actions.members.record"):
        results = run_at_once(*removals(two_owners, now))
    assert sorted(type(result) for result in results if result) == [LastOwner]
    assert results.count(None) == 1
    assert owners_left() == 1


def test_one_invitation_makes_one_member(buyer_owner, now):
    colleague = person("new@lakeside.example", "Nell New")
    invitation = invite_colleague(
        company_id=company_of(buyer_owner).pk, email=colleague.email, role="sales", by=actor(buyer_owner), at=now
    )
    accept = partial(accept_invitation, reference=invitation.reference, full_name="Nell", by=actor(colleague), at=now)
    first, second = run_at_once(accept, count=2)
    assert first == second
    assert Membership.objects.filter(user=colleague).count() == 1


def test_one_account_is_added_once(buyer_owner, now):
    add = partial(
        add_payout_account,
        company_id=company_of(buyer_owner).pk,
        currency="USD",
        holder="Lakeside",
        number="123456789",
        bic="CHASUS33",
        bank_name="Chase",
        country="US",
        by=actor(buyer_owner),
        at=now,
    )
    results = run_at_once(add, count=2)
    assert sorted(type(result).__name__ for result in results) == ["Invalid", "PayoutAccount"]
    assert any(isinstance(result, Invalid) for result in results)
    assert PayoutAccount.objects.count() == 1


def test_companies_are_locked_before_anything_is_written(two_owners, now):
    owner, other = two_owners
    company = company_of(owner)
    with locks_before_writing():
        remove_member(
            reference=Membership.objects.get(user=other).reference, company_id=company.pk, by=actor(owner), at=now
        )


def test_one_mail_is_claimed_by_one_worker(transactional_db):
    tell_address(key="k", email="a@a.example", kind="x", subject="S", lines=["l"], at=LONG_AGO)
    at = clock.wall()
    claims = run_at_once(partial(claim_mail, at=at), count=4)
    assert [claim.pk for claim in claims if claim is not None] == [Mail.objects.get().pk]
