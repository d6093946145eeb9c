"""Every page of the admin: each list, one row of each, and what each button asks."""

import re
from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse

from companies.models import User
from core import clock, events
from core.alarms import raise_alarm
from payments.actions.gateway_event import store_gateway_event
from tests.journeys.desk import Desk
from tests.journeys.judging import Judge, Visit
from tests.journeys.scenery import accepted, in_production

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ENDS_AT = (
    (r"/feeschedule/publish_next/$", "/feeschedule/publish/"),
    (r"/account/look_at_money/$", "/account/money/"),
    (r"/account/(\d+)/look_at_transfers/$", r"/account/\1/transfers/"),
)
"""Buttons that lead on to a page of their own."""
POSTED = ("admin:payments_account_check",)
"""Answers to a form, and no pages."""


@pytest.fixture
def superuser(treasurer: User) -> User:
    """A treasurer's colleague who may see everything."""
    found = User.objects.create_superuser("root@staff.example", full_name="Rita Root")
    for each in (treasurer, found):
        TOTP.activate(each, generate_totp_secret())
    return found


@pytest.mark.timeout(900)
def test_every_page_of_the_admin(
    seller_owner: User, buyer_owner: User, treasurer: User, superuser: User, quiet_desk: Callable[..., Desk]
) -> None:
    accepted(seller_owner, buyer_owner)
    in_production(seller_owner, buyer_owner)
    events.run_courier()
    raise_alarm("exchange_fails", "payments.payout", 1, "the bank does not answer")
    store_gateway_event(gateway="sandbox", event_id="ev_1", payload={"type": "x"}, wall=clock.wall())
    judge, found = Judge(), []
    desk = quiet_desk(superuser.email).at_work("password", "mfa")
    for path in pages_of_the_admin():
        found += judge.visit(desk, Visit(path, ends=end_of(path), ours=False))
    assert desk.page.locator(".sandbox-bar button").count() == 4
    assert found == [], "\n".join(found)


def end_of(path: str) -> str:
    """Where a visit ends that does not stay where it went; else empty."""
    ends = (re.sub(pattern, target, path) for pattern, target in ENDS_AT)
    return next((end for end in ends if end != path), "")


def pages_of_the_admin() -> Iterator[str]:
    yield reverse("admin:index")
    yield reverse("admin:app_list", args=["payments"])
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        row = model.objects.order_by("-pk").first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
            yield from buttons_of(name, row.pk)


def buttons_of(name: str, pk: int) -> Iterator[str]:
    """What the admin adds to the pages that Django's own has."""
    of_django = [f"{name}_{page}" for page in ("changelist", "add", "history", "delete", "change")]
    for pattern in admin_patterns():
        known = f"admin:{pattern.name}"
        if known.startswith(f"{name}_") and known not in (*of_django, *POSTED):
            yield reverse(known, args=[pk] if "object_id" in pattern.pattern.converters else [])


def admin_patterns() -> Iterator[URLPattern]:
    resolvers = get_resolver("assurance.urls").url_patterns
    of_admin = next(each for each in resolvers if getattr(each, "namespace", "") == "admin")
    for each in of_admin.url_patterns:
        yield from getattr(each, "url_patterns", [])
