"""The fixed people of the tests, made by calling actions.

A seller in Vietnam (verified, enrolled, with a USD account that is usable now), a buyer in the USA, a stranger with a
company of their own, and staff. `company_of(user)` gives a person's company, `actor(user)` acts for it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import override_settings

from companies.actions import (
    accept_invitation,
    add_payout_account,
    create_company,
    create_person,
    create_staff,
    enrol_company,
    invite_colleague,
    verify_company,
    verify_payout_account,
)
from companies.models import Company, Membership, Role, User
from companies.queries import actor_for, memberships_of
from core.actors import Actor, Door
from core.actors import platform as platform_actor

NOW = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
"""A Tuesday on which Vietnam, China, Germany and the USA work."""
LONG_AGO = NOW - timedelta(days=60)
PASSWORD = "correct-horse-battery"


class CheapHasher(Argon2PasswordHasher):
    """What it writes can be checked by the real one, in another process too; it only costs a hundredth."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=["tests.cast.CheapHasher"]):
        yield


def actor(user: User, door: Door = "page") -> Actor:
    """The person, in the role they have in their company (or their staff groups)."""
    return actor_for(user, door=door, address="203.0.113.7")


def company_of(user: User) -> Company:
    return memberships_of(user)[0].company


def person(email: str, full_name: str, *, language: str = "en", time_zone: str = "UTC") -> User:
    return create_person(
        email=email,
        password=PASSWORD,
        full_name=full_name,
        language=language,
        time_zone=time_zone,
        by=platform_actor(),
        at=LONG_AGO,
    )


def join(owner: User, colleague: User, role: Role) -> Membership:
    """The owner invites, the colleague accepts."""
    invitation = invite_colleague(
        company_id=company_of(owner).pk, email=colleague.email, role=role, by=actor(owner), at=LONG_AGO
    )
    return accept_invitation(
        reference=invitation.reference, full_name=colleague.full_name, by=actor(colleague), at=LONG_AGO
    )


def founder(email: str, full_name: str, company: str, country: str, city: str, address: str, zone: str) -> User:
    """A person with a company of their own."""
    user = person(email, full_name, time_zone=zone)
    create_company(
        name=company, country=country, city=city, address=address, time_zone=zone, by=actor(user), at=LONG_AGO
    )
    return user


def open_for_business(owner: User, *, currency: str = "USD") -> None:
    """Verified, enrolled, with a payout account whose 72 hours are over."""
    company, by = company_of(owner), platform_actor("admin")
    account = add_payout_account(
        company_id=company.pk,
        currency=currency,
        holder=company.name,
        number="0071000123456",
        bic="BFTVVNVX",
        bank_name="Ngân hàng Ngoại thương",
        country="VN",
        by=actor(owner),
        at=LONG_AGO,
    )
    verify_payout_account(reference=account.reference, by=by, at=LONG_AGO)
    verify_company(company_id=company.pk, why="licence 0301234567", by=by, at=LONG_AGO)
    enrol_company(company_id=company.pk, by=by, at=LONG_AGO)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def platform() -> Actor:
    return platform_actor()


@pytest.fixture
def seller_owner(db: None) -> User:
    user = founder(
        "owner@binhminh.example",
        "Nguyễn Thị Minh",
        "Công ty TNHH Bình Minh",
        "VN",
        "Thủ Đức",
        "12 Đường số 5",
        "Asia/Ho_Chi_Minh",
    )
    open_for_business(user)
    return user


@pytest.fixture
def seller_sales(seller_owner: User) -> User:
    user = person("sales@binhminh.example", "Trần Văn Long", time_zone="Asia/Ho_Chi_Minh")
    join(seller_owner, user, Role.SALES)
    return user


@pytest.fixture
def buyer_owner(db: None) -> User:
    return founder(
        "owner@lakeside.example",
        "Grace Miller",
        "Lakeside Furniture Inc.",
        "US",
        "Chicago",
        "500 W Madison St",
        "America/Chicago",
    )


@pytest.fixture
def buyer_purchasing(buyer_owner: User) -> User:
    user = person("purchasing@lakeside.example", "Peter Novak", time_zone="America/Chicago")
    join(buyer_owner, user, Role.PURCHASING)
    return user


@pytest.fixture
def buyer_finance(buyer_owner: User) -> User:
    user = person("finance@lakeside.example", "Ann Lee", time_zone="America/Chicago")
    join(buyer_owner, user, Role.FINANCE)
    return user


@pytest.fixture
def buyer_viewer(buyer_owner: User) -> User:
    user = person("viewer@lakeside.example", "Vic Young", time_zone="America/Chicago")
    join(buyer_owner, user, Role.VIEWER)
    return user


@pytest.fixture
def stranger(db: None) -> User:
    return founder("owner@elsewhere.example", "Sam Stone", "Elsewhere GmbH", "DE", "Hamburg", "Kai 3", "Europe/Berlin")


def staff(name: str, group: str, email: str = "") -> User:
    return create_staff(
        email=email or f"{group}@staff.example",
        password=PASSWORD,
        full_name=name,
        groups=[group],
        by=platform_actor(),
        at=LONG_AGO,
    )


@pytest.fixture
def arbiter(db: None) -> User:
    return staff("Ada Arbiter", "arbiter")


@pytest.fixture
def treasurer(db: None) -> User:
    return staff("Tom Treasurer", "treasurer")


@pytest.fixture
def second(db: None) -> User:
    """Another treasurer."""
    return staff("Linh Pham", "treasurer", "treasurer2@staff.example")


@pytest.fixture
def verifier(db: None) -> User:
    return staff("Vera Verifier", "verifier")
