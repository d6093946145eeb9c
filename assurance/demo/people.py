"""The companies of the demo and the people who log in for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

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
from companies.demo_logins import DEMO_LOGINS, PASSWORD
from companies.models import Company, Role, User
from companies.queries import actor_for
from core.actors import Actor, platform

BY = platform("demo")


@dataclass(frozen=True)
class House:
    """A company of the demo: its owner first, then colleagues with their roles."""

    domain: str
    name: str
    country: str
    city: str
    address: str
    zone: str
    language: str
    people: tuple[tuple[str, str, str], ...]
    account: tuple[str, str, str, str] | None = None
    """For sellers: holder as banks write it, number, BIC, bank."""


HOUSES = (
    House(
        "songhong.example",
        "Công ty TNHH Nội Thất Sông Hồng",
        "VN",
        "Bình Dương",
        "Lô B12, KCN Sóng Thần 2, Dĩ An",
        "Asia/Ho_Chi_Minh",
        "vi",
        (
            ("owner", "Nguyễn Thu Hà", ""),
            ("sales", "Phạm Quốc Bảo", Role.SALES),
            ("finance", "Lê Minh Anh", Role.FINANCE),
        ),
        ("Cong ty TNHH Noi That Song Hong", "0071001234567", "BFTVVNVX", "Vietcombank"),
    ),
    House(
        "yuexing.example",
        "佛山市粤兴照明有限公司",
        "CN",
        "佛山",
        "广东省佛山市南海区狮山镇工业大道18号",
        "Asia/Shanghai",
        "zh-hans",
        (("owner", "陈志强", ""),),
        ("Foshan Yuexing Lighting Co., Ltd.", "6222021234567890", "ICBKCNBJ", "中国工商银行"),
    ),
    House(
        "northlake.example",
        "Northlake Home Imports LLC",
        "US",
        "Chicago",
        "2200 N Elston Ave",
        "America/Chicago",
        "en",
        (
            ("owner", "Dana Whitfield", ""),
            ("purchasing", "Marcus Lee", Role.PURCHASING),
            ("finance", "Priya Natarajan", Role.FINANCE),
        ),
    ),
    House(
        "hansekontor.example",
        "Hanse-Kontor Leuchten GmbH",
        "DE",
        "Hamburg",
        "Am Sandtorkai 40",
        "Europe/Berlin",
        "en",
        (("owner", "Katrin Brandt", ""),),
    ),
)


class Cast:
    """Who acts in the stories. `by("owner@...")` is that person, in the role they have."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.companies: dict[str, Company] = {}

    def by(self, email: str) -> Actor:
        return actor_for(self.users[email], door="demo", address="192.0.2.10")


def create_cast(at: datetime) -> Cast:
    """Everybody, long enough ago that payout accounts are usable. `at` is the first day of the demo."""
    cast, before = Cast(), at - timedelta(days=30)
    for login in DEMO_LOGINS:
        if login.group:
            create_staff(
                email=login.email, password=PASSWORD, full_name=str(login.role), groups=[login.group], by=BY, at=before
            )
    for house in HOUSES:
        _create_house(cast, house, before)
    return cast


def _create_house(cast: Cast, house: House, at: datetime) -> None:
    for name, full_name, _role in house.people:
        email = f"{name}@{house.domain}"
        cast.users[email] = create_person(
            email=email,
            password=PASSWORD,
            full_name=full_name,
            language=house.language,
            time_zone=house.zone,
            by=BY,
            at=at,
        )
    owner = f"owner@{house.domain}"
    company = create_company(
        name=house.name,
        country=house.country,
        city=house.city,
        address=house.address,
        time_zone=house.zone,
        by=cast.by(owner),
        at=at,
    )
    cast.companies[house.domain] = company
    for name, full_name, role in house.people[1:]:
        email = f"{name}@{house.domain}"
        invitation = invite_colleague(company_id=company.pk, email=email, role=role, by=cast.by(owner), at=at)
        accept_invitation(reference=invitation.reference, full_name=full_name, by=cast.by(email), at=at)
    if house.account:
        _open_for_business(cast, house, company, at)


def _open_for_business(cast: Cast, house: House, company: Company, at: datetime) -> None:
    assert house.account is not None
    holder, number, bic, bank = house.account
    account = add_payout_account(
        company_id=company.pk,
        currency="USD",
        holder=holder,
        number=number,
        bic=bic,
        bank_name=bank,
        country=house.country,
        by=cast.by(f"owner@{house.domain}"),
        at=at,
    )
    verify_payout_account(reference=account.reference, by=BY, at=at)
    verify_company(company_id=company.pk, why="business licence seen", by=BY, at=at)
    enrol_company(company_id=company.pk, by=BY, at=at)
