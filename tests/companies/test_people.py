import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from companies.actions import create_person, create_staff, update_profile
from companies.demo_logins import DEMO_LOGINS
from companies.models import User
from core.errors import Invalid, NotAllowed
from tests.cast import actor, person

PERSON = {
    "email": "New.Person@Example.COM",
    "password": "long-enough-1",
    "full_name": "  Nguye\u0302\u0303n   An ",
    "language": "vi",
    "time_zone": "Asia/Ho_Chi_Minh",
}


def test_person_is_confirmed_and_normal(platform, now, db):
    user = create_person(**PERSON, by=platform, at=now)
    assert (user.email, user.full_name) == ("new.person@example.com", "Nguyễn An")
    assert user.check_password("long-enough-1")
    assert user.emailaddress_set.get().verified


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("full_name", "\u200b"),
        ("language", "xx"),
        ("time_zone", "Nowhere/City"),
        ("email", "a@b\u202e.c"),
    ],
)
def test_bad_people_are_refused(platform, now, db, field, value):
    with pytest.raises(Invalid) as refusal:
        create_person(**(PERSON | {field: value}), by=platform, at=now)
    assert list(refusal.value.fields) == [field]
    assert not User.objects.exists()


def test_an_address_is_taken_once(platform, now, db):
    create_person(**PERSON, by=platform, at=now)
    with pytest.raises(Invalid):
        create_person(**(PERSON | {"email": "NEW.person@example.com"}), by=platform, at=now)


def test_only_the_platform_makes_people(stranger, now):
    with pytest.raises(NotAllowed):
        create_person(**PERSON, by=actor(stranger), at=now)
    with pytest.raises(NotAllowed):
        create_staff(email="s@s.example", password="x", full_name="S", groups=["verifier"], by=actor(stranger), at=now)


def test_unknown_staff_groups_are_refused(platform, now, db):
    with pytest.raises(Invalid):
        create_staff(email="s@s.example", password="x", full_name="S", groups=["god"], by=platform, at=now)


def test_people_change_their_own_profile(stranger, platform, now):
    update_profile(full_name="Sam S. Stone", language="zh-hans", time_zone="Asia/Shanghai", by=actor(stranger), at=now)
    stranger.refresh_from_db()
    assert (stranger.full_name, stranger.language) == ("Sam S. Stone", "zh-hans")
    with pytest.raises(NotAllowed):
        update_profile(full_name="X", language="en", time_zone="UTC", by=platform, at=now)


def test_database_keeps_addresses_in_lower_case(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="Upper@example.com")


def test_demo_logins_prints_those_that_exist(db, capsys, settings):
    call_command("demo_logins")
    assert capsys.readouterr().out == ""
    person(DEMO_LOGINS[0].email, "Demo")
    call_command("demo_logins")
    out = capsys.readouterr().out
    assert DEMO_LOGINS[0].email in out and DEMO_LOGINS[1].email not in out
    settings.SANDBOX = False
    call_command("demo_logins")
    assert capsys.readouterr().out == ""
