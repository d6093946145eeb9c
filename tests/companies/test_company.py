"""Founding, verifying, enrolling and suspending a company: who may, twice, and what is refused."""

import pytest

from companies.actions import (
    create_company,
    enrol_company,
    found_company,
    record_identity,
    reinstate_company,
    suspend_company,
    update_company,
    verify_company,
)
from companies.actions.companies import NameIsFixed, NoPayoutAccount, NotVerified, Suspended
from companies.history import history_of
from companies.models import Company, Membership, Role
from companies.queries import get_company_for
from core.calendars import Calendar
from core.errors import Invalid, NotAllowed, NotFound
from core.models import Event
from tests.cast import actor, company_of, person

FOUNDED = {
    "name": "Nordlicht GmbH",
    "country": "DE",
    "city": "Kiel",
    "address": "Hafen 1",
    "time_zone": "Europe/Berlin",
}


def settings_of(company, **changed):
    names = ("name", "country", "city", "address", "time_zone", "calendar_country")
    return {name: getattr(company, name) for name in names} | changed


def test_founder_owns_it_and_it_may_not_sell(db, now):
    founder = person("f@nordlicht.example", "Femke Nord")
    company = create_company(**FOUNDED, by=actor(founder), at=now)
    assert Membership.objects.get(company=company).role == Role.OWNER
    assert company.calendar == Calendar(zone="Europe/Berlin", country="DE")
    assert not company.is_verified and not company.may_sell
    assert get_company_for(founder, company.reference) == company


def test_a_double_click_founds_one(db, now):
    founder = person("f@nordlicht.example", "Femke Nord")
    first = create_company(**FOUNDED, by=actor(founder), at=now)
    assert create_company(**FOUNDED, by=actor(founder), at=now) == first
    assert Company.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 10_000),
        ("name", "  "),
        ("name", "Good\u202eemaN"),
        ("name", "Zero\u200bwidth"),
        ("name", "---"),
        ("country", "XX"),
        ("country", ""),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../etc/passwd"),
        ("city", "c" * 101),
        ("address", "\x00"),
    ],
)
def test_bad_data_is_refused_beside_its_field(db, now, field, value):
    founder = person("f@nordlicht.example", "Femke Nord")
    with pytest.raises(Invalid) as refusal:
        create_company(**(FOUNDED | {field: value}), by=actor(founder), at=now)
    assert list(refusal.value.fields) == [field]
    assert not Company.objects.exists()


def test_staff_and_nobody_found_no_company(verifier, platform, now):
    for by in (actor(verifier), platform):
        with pytest.raises(NotAllowed):
            create_company(**FOUNDED, by=by, at=now)


def test_a_person_has_at_most_twenty(stranger, now):
    for number in range(19):
        create_company(**(FOUNDED | {"name": f"Nordlicht {number}"}), by=actor(stranger), at=now)
    with pytest.raises(Invalid):
        create_company(**FOUNDED, by=actor(stranger), at=now)


def test_owner_changes_data_and_history_keeps_it(buyer_owner, now):
    company = company_of(buyer_owner)
    changed = settings_of(company, time_zone="America/Denver", calendar_country="CA")
    update_company(company_id=company.pk, **changed, by=actor(buyer_owner), at=now)
    assert company_of(buyer_owner).calendar == Calendar(zone="America/Denver", country="CA")
    assert "America/Chicago | US -> Lakeside Furniture Inc. | US | America/Denver | CA" in history_of(company)[-1].why


def test_only_owners_change_data(buyer_owner, buyer_purchasing, buyer_finance, buyer_viewer, stranger, verifier, now):
    company = company_of(buyer_owner)
    for user in (buyer_purchasing, buyer_finance, buyer_viewer, stranger, verifier):
        with pytest.raises(NotAllowed):
            update_company(company_id=company.pk, **settings_of(company, city="Gary"), by=actor(user), at=now)
    assert company_of(buyer_owner).city == "Chicago"


def test_a_verified_name_is_fixed(seller_owner, now):
    company = company_of(seller_owner)
    for change in ({"name": "Other"}, {"country": "CN"}):
        with pytest.raises(NameIsFixed):
            update_company(company_id=company.pk, **settings_of(company, **change), by=actor(seller_owner), at=now)
    update_company(company_id=company.pk, **settings_of(company, city="Biên Hòa"), by=actor(seller_owner), at=now)
    assert company_of(seller_owner).city == "Biên Hòa"


def test_verifying_twice_is_once(buyer_owner, verifier, now):
    company = company_of(buyer_owner)
    for _time in (1, 2):
        assert verify_company(company_id=company.pk, why="seen", by=actor(verifier), at=now).verified_at == now
    assert [row.verb for row in history_of(company)] == ["verify"]
    assert Event.objects.filter(name="companies.CompanyVerified").count() == 1


def test_standing_is_for_verifiers_only(seller_owner, treasurer, arbiter, now):
    company = company_of(seller_owner)
    for user in (seller_owner, treasurer, arbiter):
        with pytest.raises(NotAllowed):
            verify_company(company_id=company.pk, by=actor(user), at=now)
        with pytest.raises(NotAllowed):
            suspend_company(company_id=company.pk, why="no", by=actor(user), at=now)
        with pytest.raises(NotAllowed):
            reinstate_company(company_id=company.pk, why="no", by=actor(user), at=now)
    assert company_of(seller_owner).may_sell


def test_enrolling_needs_verification_and_a_payout_account(buyer_owner, buyer_finance, stranger, verifier, now):
    company = company_of(buyer_owner)
    with pytest.raises(NotVerified):
        enrol_company(company_id=company.pk, by=actor(buyer_owner), at=now)
    verify_company(company_id=company.pk, by=actor(verifier), at=now)
    with pytest.raises(NoPayoutAccount):
        enrol_company(company_id=company.pk, by=actor(buyer_owner), at=now)
    for user in (buyer_finance, stranger):
        with pytest.raises(NotAllowed):
            enrol_company(company_id=company.pk, by=actor(user), at=now)
    assert not company_of(buyer_owner).may_sell


def test_suspension_stops_selling_until_lifted(seller_owner, verifier, now):
    company, by = company_of(seller_owner), actor(verifier)
    with pytest.raises(Invalid):
        suspend_company(company_id=company.pk, why=" ", by=by, at=now)
    for _time in (1, 2):
        suspend_company(company_id=company.pk, why="false papers", by=by, at=now)
    assert not company_of(seller_owner).may_sell and not company_of(seller_owner).is_verified
    with pytest.raises(Suspended):
        enrol_company(company_id=company.pk, by=actor(seller_owner), at=now)
    for _time in (1, 2):
        reinstate_company(company_id=company.pk, why="cleared up", by=by, at=now)
    assert company_of(seller_owner).may_sell
    assert [row.verb for row in history_of(company)] == ["verify", "enrol", "suspend", "reinstate"]


def test_identity_copies_who_signs(buyer_owner):
    identity = record_identity(user=buyer_owner, company=company_of(buyer_owner), signed_from="203.0.113.7")
    buyer_owner.full_name = "Grace Hill"
    buyer_owner.save()
    identity.refresh_from_db()
    assert (identity.full_name, identity.company_name) == ("Grace Miller", "Lakeside Furniture Inc.")
    assert identity.address == "500 W Madison St, Chicago, US"


def test_a_strangers_company_is_not_there(stranger, buyer_owner):
    with pytest.raises(NotFound):
        get_company_for(stranger, company_of(buyer_owner).reference)


def test_a_second_company_leaves_its_founders_own_zone_alone(db, now):
    founder = person("f@nordlicht.example", "Femke Nord")
    said = {"full_name": "Femke Nord", "language": "en", "by": actor(founder), "at": now}
    found_company(**FOUNDED, **said)
    founder.refresh_from_db()
    assert founder.time_zone == "Europe/Berlin"
    second = found_company(
        **FOUNDED | {"name": "Nordlicht Asia", "country": "VN", "time_zone": "Asia/Ho_Chi_Minh"}, **said
    )
    founder.refresh_from_db()
    assert (founder.time_zone, second.time_zone) == ("Europe/Berlin", "Asia/Ho_Chi_Minh")
