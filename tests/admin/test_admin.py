"""The admin: each page answers staff who gave their second factor, shows to each group its own, and changes nothing."""

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.db import connection
from django.db.models import CharField, TextField
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.models import User
from core import clock, events
from core.actors import platform
from core.admin_base import ReadOnlyModelAdmin
from core.alarms import raise_alarm
from core.models import Alarm, Delivery, Transition
from payments.actions.books import note_self_check
from payments.actions.gateway_event import store_gateway_event
from payments.actions.sending import claim_refund, record_refund_failed
from payments.admin import age_of
from payments.books import Problem
from payments.models import Account, Entry, Refund, Transfer
from tests.api.deals import TOTAL, Deal, everything, money
from tests.cast import PASSWORD
from tests.payments.steps import money as receipt
from tests.payments.steps import receive, start

OURS = ("core", "companies", "messaging", "catalog", "evidence", "payments", "orders")
LEDGER = (Account, Transfer, Entry)


def registered(app: str) -> list[Any]:
    return [model for model in apps.get_app_config(app).get_models() if model in admin.site._registry]


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD))


def with_both_factors(user: User) -> Client:
    client, secret = Client(), generate_totp_secret()
    TOTP.activate(user, secret)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": code_now(secret)})
    return client


@pytest.fixture
def full_house(deal: Deal, stranger: User) -> Deal:
    """An order with everything in it, accepted, its payout requested; an alarm and a gateway event."""
    deal.reach("reported")
    deal.ready()
    deal.paid()
    deal.shipped()
    deal.arrived()
    deal.buyer.do(deal.ref, "accept", money(TOTAL)).ok()
    events.run_courier()
    store_gateway_event(gateway="sandbox", event_id="ev_1", payload={"type": "x"}, wall=clock.wall())
    raise_alarm("exchange_fails", "payments.payout", 1, "the bank does not answer")
    return deal


@pytest.fixture
def deal(seller_owner: User, buyer_owner: User) -> Deal:
    return Deal(seller_owner, buyer_owner)


def failed_refund(deal: Deal) -> Refund:
    """Too much came in, and its way back failed."""
    payment = start(deal.escrow, deal.buyer_user, at=clock.now())
    receive(payment, receipt(payment.amount_minor + 500), status="succeeded", at=clock.now())
    refund = Refund.objects.get()
    claim_refund(refund_id=refund.pk, by=platform(), at=clock.now())
    record_refund_failed(refund_id=refund.pk, failure_code="account_closed", by=platform(), at=clock.now())
    refund.refresh_from_db()
    return refund


def pages_of(model: Any) -> list[str]:
    """The list, and the page of the newest row."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    newest = model._default_manager.order_by("-pk").first()
    assert newest is not None or model.__name__ in UNBORN, f"{model.__name__}: no row to look at"
    return [reverse(f"{name}_changelist"), *([reverse(f"{name}_change", args=[newest.pk])] if newest else [])]


UNBORN = {
    "Chargeback",
    "DailyClosing",
    "Difference",
    "Refund",
    "StatementFile",
    "BankBatch",
    "BankLine",
    "BankOrder",
    "SuspenseItem",
    "Mail",
    "Notice",
    "Invitation",
    "Product",
    "DocumentView",
    "ProductRequirement",
}
"""Models of which the house below needs no row."""


@pytest.mark.parametrize("group", ["arbiter", "treasurer", "verifier"])
def test_each_page_answers_the_staff_it_is_for(full_house: Deal, request: pytest.FixtureRequest, group: str) -> None:
    client = with_both_factors(request.getfixturevalue(group))
    assert client.get("/admin/").status_code == 200
    looked = 0
    for app in OURS:
        for model in registered(app):
            seen_by = getattr(admin.site._registry[model], "seen_by", ())
            expected = 200 if not seen_by or group in seen_by else 403
            for url in pages_of(model):
                answer = client.get(url)
                assert answer.status_code == expected, f"{url}: {answer.status_code}"
                looked += expected == 200
    assert looked > 20


def test_what_the_pages_say(full_house: Deal, treasurer: User) -> None:
    client = with_both_factors(treasurer)
    escrow = full_house.escrow
    assert "USD 12,500.00" in client.get(reverse("admin:payments_escrow_changelist")).content.decode()
    page = client.get(reverse("admin:payments_escrow_change", args=[escrow.pk])).content.decode()
    assert "released: USD 12,500.00" in page and "fee: USD 250.00" in page
    page = client.get(reverse("admin:orders_order_change", args=[full_house.order.pk])).content.decode()
    assert "report_progress" in page and "declare_ready" in page
    accounts = client.get(reverse("admin:payments_account_changelist")).content.decode()
    assert f"escrow:{escrow.pk}:held" in accounts and "fees:USD" in accounts


@pytest.mark.parametrize("who", ["buyer_owner", "seller_owner", None])
def test_the_admin_is_refused_to_everybody_else(
    full_house: Deal, request: pytest.FixtureRequest, who: str | None
) -> None:
    client = Client()
    if who:
        client.force_login(request.getfixturevalue(who))
    for url in (url for app in OURS for model in registered(app) for url in pages_of(model)):
        answer = client.get(url)
        assert answer.status_code == (404 if who else 302), url
        if not who:
            assert answer.headers["Location"].startswith(reverse("account_login"))


def test_a_password_alone_opens_nothing(full_house: Deal, treasurer: User) -> None:
    client = Client()
    client.force_login(treasurer)
    assert client.get(reverse("admin:payments_account_changelist")).status_code == 302


@pytest.mark.parametrize("model", LEDGER)
def test_nobody_writes_the_ledger_by_hand(full_house: Deal, model: Any, treasurer: User) -> None:
    treasurer.is_superuser = True
    treasurer.save()
    client = with_both_factors(treasurer)
    name, row = f"admin:payments_{model._meta.model_name}", model.objects.order_by("pk").first()
    before = everything()[model._meta.db_table]
    assert client.get(reverse(f"{name}_add")).status_code == 403
    assert client.post(reverse(f"{name}_add"), {"amount_minor": "1"}).status_code == 403
    assert client.get(reverse(f"{name}_delete", args=[row.pk])).status_code == 403
    assert client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert client.post(reverse(f"{name}_change", args=[row.pk]), {"amount_minor": "1"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(reverse(f"{name}_changelist"), chosen)
    assert everything()[model._meta.db_table] == before


def test_every_admin_of_ours_only_looks() -> None:
    for app in OURS:
        for model in registered(app):
            assert isinstance(admin.site._registry[model], ReadOnlyModelAdmin), model


def test_no_filter_looks_for_its_values_in_a_whole_table() -> None:
    """Django reads the values of a plain text field by SELECT DISTINCT: over every row, at every visit."""
    read_whole = [
        f"{model._meta.label}.{name}"
        for app in OURS
        for model in registered(app)
        for name in admin.site._registry[model].list_filter
        if isinstance(name, str)
        and isinstance(field := get_fields_from_path(model, name)[-1], (CharField, TextField))
        and not field.flatchoices
    ]
    assert read_whole == []


def test_a_filter_by_fixed_values_filters(full_house: Deal, treasurer: User) -> None:
    client, page = with_both_factors(treasurer), reverse("admin:payments_escrow_changelist")
    shown = client.get(page, {"currency": "USD"}).content.decode()
    assert full_house.order.number in shown
    assert full_house.order.number not in client.get(page, {"currency": "EUR"}).content.decode()


def test_a_failed_refund_is_replaced_after_a_question(deal: Deal, treasurer: User, arbiter: User) -> None:
    deal.reach("confirmed")
    refund = failed_refund(deal)
    client, button = with_both_factors(treasurer), f"/admin/payments/refund/{refund.pk}/send_again/"
    listed = client.get(reverse("admin:payments_refund_changelist")).content.decode()
    assert "account_closed" in listed and refund.reason in listed
    assert client.get(button).status_code == 200
    assert Refund.objects.count() == 1
    assert client.post(button, {"why": "new account"}).status_code == 302
    assert Refund.objects.get(replaces=refund).state == "REQUESTED"
    assert "Nothing was changed" in client.post(button, {"why": "twice"}, follow=True).content.decode()
    assert Refund.objects.count() == 2
    assert with_both_factors(arbiter).post(button, {"why": "me too"}).status_code == 403
    assert Refund.objects.count() == 2


def test_news_that_fails_is_tried_again_at_a_click(full_house: Deal, treasurer: User) -> None:
    delivery = Delivery.objects.order_by("pk").last()
    assert delivery is not None
    later = clock.wall() + timedelta(hours=1)
    Delivery.objects.filter(pk=delivery.pk).update(state="WAITING", attempts=4, due_at=later, last_error="ValueError")
    client, button = with_both_factors(treasurer), f"/admin/core/delivery/{delivery.pk}/retry/"
    assert "ValueError" in client.get(reverse("admin:core_delivery_changelist")).content.decode()
    assert client.get(button).status_code == 200
    delivery.refresh_from_db()
    assert delivery.due_at == later
    assert client.post(button, {"why": "mended"}).status_code == 302
    delivery.refresh_from_db()
    assert delivery.due_at <= clock.wall() and delivery.attempts == 0
    history = Transition.objects.get(subject_type="core.delivery", subject_id=delivery.pk)
    assert (history.user_id, history.why) == (treasurer.pk, "mended")


def test_every_button_of_money_and_alarms_stands_by_the_check_of_its_action() -> None:
    everywhere = {"look_at_transfers"}
    for model in [*registered("payments"), Alarm]:
        page: Any = admin.site._registry[model]
        assert set(page.actions_detail) - everywhere == set(getattr(page, "offered", {})), model.__name__


def test_an_alarm_is_cleared_with_a_reason(full_house: Deal, treasurer: User) -> None:
    alarm = Alarm.objects.get(kind="exchange_fails")
    client, button = with_both_factors(treasurer), f"/admin/core/alarm/{alarm.pk}/clear/"
    page = reverse("admin:core_alarm_change", args=[alarm.pk])
    assert "the bank does not answer" in client.get("/admin/").content.decode()
    assert f'href="{button}"' in client.get(page).text
    assert client.get(button).status_code == 200
    assert client.post(button, {"why": "the bank is back"}).status_code == 302
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
    history = Transition.objects.get(subject_type="core.alarm", subject_id=alarm.pk)
    assert (history.user_id, history.why) == (treasurer.pk, "the bank is back")
    assert f'href="{button}"' not in client.get(page).text


def test_only_clean_books_clear_the_alarm_that_stops_money(treasurer: User) -> None:
    note_self_check(problems=[Problem("held", "differs")], at=clock.now())
    client = with_both_factors(treasurer)
    page = client.get("/admin/").content.decode()
    assert "outgoing money is stopped" in page and "held: differs" in page and "Sandbox" in page
    alarm = Alarm.objects.get()
    assert "/clear/" not in client.get(reverse("admin:core_alarm_change", args=[alarm.pk])).text
    assert client.post(f"/admin/core/alarm/{alarm.pk}/clear/", {"why": "I say so"}).status_code == 422
    alarm.refresh_from_db()
    assert alarm.cleared_at is None
    note_self_check(problems=[], at=clock.now())
    assert "They balance" in client.get("/admin/").content.decode()


def test_age_stands_out_after_a_business_day() -> None:
    made = clock.wall().replace(year=2026, month=3, day=3, hour=2)
    assert age_of(made, made + timedelta(hours=20))[0] == "fresh"
    assert age_of(made, made + timedelta(days=2))[0] == "over"


def test_a_list_costs_the_same_for_one_row_and_for_many(deal: Deal, treasurer: User) -> None:
    client = with_both_factors(treasurer)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("admin:orders_order_changelist")).status_code == 200
        return len(captured.captured_queries)

    deal.reach("draft")
    one = cost()
    for _number in range(5):
        deal.seller.do(deal.ref, "copy").ok()
    assert cost() == one
