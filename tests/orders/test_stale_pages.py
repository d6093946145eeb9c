"""Forms that were opened before something changed: refused, shown anew, and never carried out on what nobody saw."""

import re
from datetime import date

import pytest

from core.errors import Stale
from orders.actions.cancellation import cancel_order
from orders.actions.draft import save_lines
from orders.actions.offer import request_changes, send_order
from orders.cancellation_terms import Seen, what_cancelling_means
from orders.drafting import Delivery
from orders.models import Cancellation, OrderLine
from orders.queries import last_terms
from tests.api.client import Api
from tests.cast import NOW, actor
from tests.orders.conftest import CHAIR, SCREWS
from tests.orders.steps import DAY, DEPOSIT, divided, fresh, offer, pass_time, produce, prove, report
from tests.orders.test_pages import of, url_of

FAR = Delivery(basis="date", ship_date=date(2029, 6, 11))
"""Pages live in the present; so far ahead nobody is late."""


def hidden(answer, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', answer.text)
    assert found, name
    return found[1]


def form_of(answer, *names: str) -> dict[str, str]:
    return {name: hidden(answer, name) for name in ("idempotency_key", "version", *names)}


# --- cancelling -------------------------------------------------------------------------------------------------------
def test_what_was_seen_is_what_is_carried_out(paid_order, seller_owner, buyer_owner):
    seen = what_cancelling_means(paid_order, "buyer", NOW)
    prove(paid_order, seller_owner, buyer_owner, "MATERIALS")
    old = Seen(cause=seen.cause, seller_keeps_minor=seen.seller_keeps_minor)
    for wrong in (old, Seen(cause="late", seller_keeps_minor=203_086)):
        with pytest.raises(Stale):
            cancel_order(order_id=paid_order.pk, reason="", seen=wrong, by=actor(buyer_owner), at=NOW)
    assert divided(paid_order) == (DEPOSIT, 0, 0)
    right = Seen(cause="buyer_withdrew", seller_keeps_minor=203_086)
    cancel_order(order_id=paid_order.pk, reason="", seen=right, by=actor(buyer_owner), at=NOW)


def test_a_stage_that_counts_by_silence_makes_an_open_cancel_page_stale(seller_owner, buyer_owner):
    order = produce(seller_owner, buyer_owner, delivery=FAR)
    report(order, seller_owner, "MATERIALS")
    client, url = of(buyer_owner), url_of(order, "order-cancel")
    page = client.get(url)
    form = form_of(page, "cause", "seller_keeps_minor") | {"reason": "Enough"}
    assert form["seller_keeps_minor"] == "0"
    version = fresh(order).version
    pass_time(NOW + 7 * DAY)
    assert fresh(order).version == version + 1

    refused = client.post(url, form)
    assert refused.status_code == 412
    assert "2,030.86" in refused.text and "Enough" in refused.text
    again = form_of(refused, "cause", "seller_keeps_minor") | {"reason": "Enough"}
    assert again["seller_keeps_minor"] == "203086"
    assert client.post(url, again).status_code == 302
    assert Cancellation.objects.get(order=order).reason == "Enough"


def test_a_program_reads_what_cancelling_means_and_says_that_it_did(seller_owner, buyer_owner):
    paid_order = produce(seller_owner, buyer_owner, delivery=FAR)
    api, ref = Api(buyer_owner), paid_order.reference
    meant = api.order(ref, "cancel").ok()
    assert meant["seller_keeps"] == {"amount_minor": 0, "currency": "USD"}
    prove(paid_order, seller_owner, buyer_owner, "MATERIALS")
    seen = {"cause": meant["cause"], "seller_keeps": meant["seller_keeps"]}
    assert api.do(ref, "cancel", {"seen": seen}).status == 412
    seen["seller_keeps"] = api.order(ref, "cancel")["seller_keeps"]
    assert api.do(ref, "cancel", {"seen": seen}).ok()["state"] == "CANCELLED"


# --- signing ----------------------------------------------------------------------------------------------------------
def test_terms_that_changed_are_shown_and_can_be_signed_after_reading_them(seller_owner, buyer_owner):
    offered_order = offer(seller_owner, delivery=Delivery(basis="days", ship_days=30))
    client, url = of(buyer_owner), url_of(offered_order, "order-review")
    form = form_of(client.get(url), "terms_sha256") | {"agreed": "on"}
    request_changes(order_id=offered_order.pk, comments={"other": "x"}, by=actor(buyer_owner), at=NOW)
    by = actor(seller_owner)
    draft = fresh(offered_order)
    save_lines(order_id=draft.pk, seen_version=draft.version, currency="USD", lines=[SCREWS], by=by, at=NOW)
    send_order(order_id=draft.pk, seen_version=fresh(draft).version, by=by, at=NOW)

    refused = client.post(url, form)
    assert refused.status_code == 412 and "What changed since the last offer" in refused.text
    assert "checked" not in refused.text, "agreed to the old terms, not to these"
    assert hidden(refused, "terms_sha256") == last_terms(fresh(offered_order)).sha256
    signed = client.post(url, form_of(refused, "terms_sha256") | {"agreed": "on"})
    assert signed.status_code == 302 and fresh(offered_order).state == "AWAITING_PAYMENT"


def test_an_amount_that_changed_is_shown_on_the_button_before_it_is_released(delivered_order, buyer_owner):
    client, url = of(buyer_owner), url_of(delivered_order, "order-accept")
    form = form_of(client.get(url), "seen_minor") | {"seen_minor": "1"}
    refused = client.post(url, form)
    assert refused.status_code == 412
    again = form_of(refused, "seen_minor")
    assert client.post(url, again).status_code == 302
    assert fresh(delivered_order).state == "COMPLETED"


# --- drafting ---------------------------------------------------------------------------------------------------------
LINE = {
    "name": "Bench", "unit": "piece", "quantity": "5", "price": "9", "price_basis": "1",
    "form-TOTAL_FORMS": "0", "form-INITIAL_FORMS": "0",
}  # fmt: skip


def test_a_stale_line_overwrites_no_other_product_however_often_it_is_sent(draft_order, seller_owner):
    client, url = of(seller_owner), url_of(draft_order, "order-draft-line", place=2)
    form = LINE | form_of(client.get(url))
    lines = [replace_name(CHAIR, "Table"), CHAIR, SCREWS]
    save_lines(
        order_id=draft_order.pk,
        seen_version=fresh(draft_order).version,
        currency="USD",
        lines=lines,
        by=actor(seller_owner),
        at=NOW,
    )
    for _click in range(2):
        refused = client.post(url, form)
        assert refused.status_code == 412 and "Bench" in refused.text and "Open it as it is now" in refused.text
        form = LINE | form_of(refused)
    names = list(OrderLine.objects.filter(order=draft_order).values_list("name", flat=True))
    assert names == ["Table", CHAIR.name, SCREWS.name]


def replace_name(line, name):
    return type(line)(**{**line.__dict__, "name": name})


def test_back_edit_and_save_speaks_of_an_older_page_and_not_of_keys(draft_order, seller_owner):
    client, url = of(seller_owner), url_of(draft_order, "order-draft", step=1)
    form = form_of(client.get(url)) | {"buyer_email": "owner@lakeside.example", "language": "en"}
    assert client.post(url, form | {"seller_ref": "A"}).status_code == 302
    refused = client.post(url, form | {"seller_ref": "B"})
    assert refused.status_code == 412
    assert "This was changed since you opened it." in refused.text and "This key was used" not in refused.text
    assert fresh(draft_order).seller_ref == "A"


def test_a_replayed_key_with_another_body_is_no_success(offered_order, buyer_owner):
    client, url = of(buyer_owner), url_of(offered_order, "order-decline")
    form = form_of(client.get(url)) | {"reason": "Too dear"}
    assert client.post(url, form).status_code == 302
    assert "Declined. The seller reads your reason." in client.post(url, form, follow=True).text
    other = client.post(url, form | {"reason": "Too late"}, follow=True)
    assert "Declined. The seller reads" not in other.text and "possible in the present state" in other.text
    assert fresh(offered_order).end_reason == "Too dear"
