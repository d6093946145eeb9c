"""Another method in the place of an open wire, which the buyer may have sent: said before, and only by its name."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from companies.models import User
from orders.models import Order
from orders.paying import WireOpen, check_may_pay, pay_instalment
from payments.models import Payment, PaymentState, Refund
from tests.api.client import Api
from tests.cast import NOW, actor
from tests.orders.steps import DEPOSIT, escrow_of
from tests.orders.test_wires_and_collection import declare
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bring, money, wire
from tests.payments.steps import Books, state_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def open_wire(confirmed_order: Order, buyer_owner: User, settings: Any) -> Payment:
    """Of the deposit; the buyer was shown where to send it."""
    settings.PAYMENT_GATEWAYS = {"card": "sandbox", "wire": "bank"}
    return wire(escrow_of(confirmed_order), buyer_owner)


def of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url_of(order: Order, name: str = "order-pay", **more: str) -> str:
    return reverse(name, kwargs={"ref": order.reference, **more})


def by_card(order: Order, user: User, **given: Any) -> Payment:
    return pay_instalment(order=order, method="card", return_url="http://127.0.0.1/", by=actor(user), at=NOW, **given)


def test_a_card_takes_the_place_of_a_wire_by_its_name_only(
    confirmed_order: Order, open_wire: Payment, buyer_owner: User
) -> None:
    books = Books()
    for named in ("", "pay_another"):
        with pytest.raises(WireOpen) as refusal:
            by_card(confirmed_order, buyer_owner, instead_of=named)
        assert refusal.value.details == {"payment": open_wire.reference}
    assert books.unchanged()

    first, second = (by_card(confirmed_order, buyer_owner, instead_of=open_wire.reference) for _click in range(2))
    assert (first.pk, first.state) == (second.pk, PaymentState.PENDING)
    assert state_of(open_wire) == PaymentState.ABANDONED


def test_the_wire_that_was_given_up_goes_back_as_the_page_says(
    confirmed_order: Order, open_wire: Payment, buyer_owner: User
) -> None:
    by_card(confirmed_order, buyer_owner, instead_of=open_wire.reference)
    bring([Row(amount_minor=DEPOSIT, text=open_wire.bank_details["reference"])])

    assert money(escrow_of(confirmed_order)) == {
        "held": 0, "refund_due": DEPOSIT, "payable": 0, "fees": 0, "bank": DEPOSIT
    }  # fmt: skip
    assert list(Refund.objects.values_list("payment", "amount_minor", "reason")) == [
        (open_wire.pk, DEPOSIT, "payment_ended")
    ]


def test_the_page_asks_before_and_keeps_the_wire_unless_told_so(
    confirmed_order: Order, open_wire: Payment, buyer_owner: User
) -> None:
    client, books = of(buyer_owner), Books()
    asked = client.post(url_of(confirmed_order), {"method": "card"}, follow=True)
    assert asked.redirect_chain == [(url_of(confirmed_order, "order-pay-instead", method="card"), 302)]
    assert "Have you sent the wire already?" in asked.text and "sent back when it arrives" in asked.text
    for address in (url_of(confirmed_order), url_of(confirmed_order, "order-declare-wire")):
        assert f'href="{address}"' in asked.text
    assert books.unchanged()

    sent = {name: asked.context["form"].get_initial_for_field(field, name)
            for name, field in asked.context["form"].fields.items()}  # fmt: skip
    assert sent == {"method": "card", "instead_of": open_wire.reference}
    assert all(f'type="hidden" name="{name}" value="{value}"' in asked.text for name, value in sent.items())
    answer = client.post(url_of(confirmed_order), sent)
    card = Payment.objects.get(method="card")
    assert (answer.status_code, answer.headers["Location"]) == (302, card.checkout_url)
    assert state_of(open_wire) == PaymentState.ABANDONED


def test_an_old_step_is_no_word_about_a_newer_wire(
    confirmed_order: Order, open_wire: Payment, buyer_owner: User
) -> None:
    by_card(confirmed_order, buyer_owner, instead_of=open_wire.reference)
    newer = wire(escrow_of(confirmed_order), buyer_owner)
    assert newer.pk != open_wire.pk
    with pytest.raises(WireOpen):
        check_may_pay(order_id=confirmed_order.pk, method="card", instead_of=open_wire.reference, by=actor(buyer_owner))


def test_a_declared_wire_stays_and_the_step_leads_back(
    confirmed_order: Order, open_wire: Payment, buyer_owner: User
) -> None:
    declare(confirmed_order, buyer_owner)
    client = of(buyer_owner)
    step = client.get(url_of(confirmed_order, "order-pay-instead", method="card"))
    assert (step.status_code, step.headers["Location"]) == (302, url_of(confirmed_order))
    answer = client.post(url_of(confirmed_order), {"method": "card", "instead_of": open_wire.reference})
    assert (answer.status_code, "A wire was declared" in answer.text) == (409, True)
    assert state_of(open_wire) == PaymentState.PENDING


def test_the_step_is_for_those_who_may_pay(
    confirmed_order: Order, open_wire: Payment, seller_owner: User, stranger: User
) -> None:
    step = url_of(confirmed_order, "order-pay-instead", method="card")
    answer = of(seller_owner).get(step)
    assert (answer.status_code, answer.headers["Location"]) == (302, url_of(confirmed_order, "order"))
    assert of(stranger).get(step).status_code == 404


@pytest.mark.parametrize("method", ["wire", "transfer", "cheque"])
def test_the_step_is_only_for_a_method_that_could_take_its_place(
    confirmed_order: Order, open_wire: Payment, buyer_owner: User, method: str
) -> None:
    answer = of(buyer_owner).get(url_of(confirmed_order, "order-pay-instead", method=method))
    assert (answer.status_code, answer.headers["Location"]) == (302, url_of(confirmed_order))


def test_the_api_refuses_with_the_name_that_going_on_needs(
    confirmed_order: Order, open_wire: Payment, buyer_owner: User
) -> None:
    buyer, ref = Api(buyer_owner), confirmed_order.reference
    refused = buyer.do(ref, "pay", {"method": "card"})
    assert (refused.status, refused.code, refused["details"]) == (409, "wire_open", {"payment": open_wire.reference})
    assert state_of(open_wire) == PaymentState.PENDING
    assert buyer.do(ref, "pay", {"method": "wire"}).ok()["reference"] == open_wire.reference
    begun = buyer.do(ref, "pay", {"method": "card", "instead_of": refused["details"]["payment"]}).ok()
    assert (begun["method"], begun["state"]) == ("card", "PENDING")
    assert state_of(open_wire) == PaymentState.ABANDONED
