"""The bank takes an order's wire back, as its statement shows: the order page says so, and the buyer pays it anew."""

from functools import partial

import pytest

from core.errors import Invalid
from core.events import run_courier
from messaging.models import Mail, Notice
from orders.actions.funding import declare_wire
from orders.models import OrderState
from payments.actions.desk import Share, match_item
from payments.actions.desk_recalls import take_item_as_recall
from payments.bank_queries import candidates_for
from payments.books import check_books
from payments.exchanges.reconcile import compare_with_gateway
from payments.models import Refund, SuspenseItem
from payments.queries import held_minor_of
from tests.cast import NOW, actor
from tests.orders.steps import (
    DAY,
    DEPOSIT,
    book,
    cancel,
    clocks_of,
    escrow_of,
    fresh,
    pass_time,
    pay_for,
    ready,
    ship,
)
from tests.orders.test_pages import of, url_of
from tests.payments.bank.files import DAY as BANK_DAY
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bring, follow_hints, staff, wire
from tests.payments.chargebacks import payment_of
from tests.payments.steps import state_of

pytestmark = pytest.mark.django_db
DAY_AFTER = BANK_DAY + DAY


@pytest.fixture(autouse=True)
def wires_by_statement(settings):
    settings.PAYMENT_GATEWAYS = {"card": "sandbox", "wire": "bank"}


@pytest.fixture
def wired(confirmed_order, buyer_owner):
    """IN_PRODUCTION: the deposit came by wire."""
    payment = wire(escrow_of(confirmed_order), buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=payment.bank_details["reference"])])
    run_courier()
    return fresh(confirmed_order)


def taken_back(order, *treasurers, amount_minor=DEPOSIT, number=2, payment=None):
    """The line RC of a statement, and the word of two treasurers."""
    bring([Row(amount_minor=-amount_minor, text=f"RECALL {order.number}", mark="RC")], number=number)
    payment = payment or payment_of(escrow_of(order))
    item = SuspenseItem.objects.filter(direction="out").latest("pk")
    for user in treasurers:
        take_item_as_recall(item_id=item.pk, payment_id=payment.pk, why="the advice", by=staff(user), at=NOW)
    follow_hints()
    run_courier()


def test_the_order_stands_still_until_it_is_wired_again(wired, buyer_owner, seller_owner, treasurer, second):
    assert wired.state == OrderState.IN_PRODUCTION
    taken_back(wired, treasurer, second)
    for user, words in ((buyer_owner, "Pay it again in time"), (seller_owner, "Keep the goods")):
        page = of(user).get(url_of(wired)).content.decode()
        assert "Funding lost" in page and words in page and "card payment" not in page
        assert "Funding lost: the buyer&#x27;s bank took money back" in page and "USD 3,046.29" in page
    assert set(clocks_of(wired)) == {"funding_lost"} and held_minor_of(wired.escrow_id) == 0
    assert of(buyer_owner).get(url_of(wired, "order-pay")).context["instalment"].missing_minor == DEPOSIT

    again = wire(escrow_of(wired), buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=again.bank_details["reference"])], number=3, day=DAY_AFTER)
    run_courier()
    assert set(clocks_of(wired)) == {"ship_date"} and held_minor_of(wired.escrow_id) == DEPOSIT
    assert "What was lost is held again" in of(seller_owner).get(url_of(wired)).content.decode()
    assert check_books() == compare_with_gateway("bank") == []


def test_the_wire_that_pays_it_again_can_be_declared_too(confirmed_order, buyer_owner, treasurer, second):
    declared = partial(
        declare_wire, order_id=confirmed_order.pk, sent_on=NOW.date(), bank_reference="", document_ref="", at=NOW
    )
    payment = wire(escrow_of(confirmed_order), buyer_owner)
    declared(amount_minor=DEPOSIT, by=actor(buyer_owner))
    bring([Row(amount_minor=DEPOSIT, text=payment.bank_details["reference"])])
    run_courier()
    taken_back(fresh(confirmed_order), treasurer, second)
    again = wire(escrow_of(confirmed_order), buyer_owner)
    assert "I have sent the wire" in of(buyer_owner).get(url_of(confirmed_order, "order-pay")).content.decode()
    declared(amount_minor=DEPOSIT, by=actor(buyer_owner))
    again.refresh_from_db()
    assert again.declared_at == NOW and clocks_of(fresh(confirmed_order))["funding_lost"] == NOW + 15 * DAY


def test_wired_again_without_a_click_it_waits_for_one(wired, buyer_owner, seller_owner, treasurer, second):
    """The account and the reference are the order's: the buyer knows them, and wires before anybody asks."""
    reference = payment_of(escrow_of(wired)).bank_details["reference"]
    taken_back(wired, treasurer, second)
    assert "press Pay first" in of(buyer_owner).get(url_of(wired)).text
    assert "press Pay first" not in of(seller_owner).get(url_of(wired)).text
    for number, name in ((3, "Lakeside Furniture Inc."), (4, "Uncle & Sons Ltd")):
        row = Row(amount_minor=DEPOSIT, text=reference, name=name)
        bring([row], number=number, day=DAY_AFTER + (number - 3) * DAY)
    run_courier()
    first, again = SuspenseItem.objects.filter(direction="in").order_by("pk")
    assert (first.state, first.suggestion, again.state) == ("OPEN", wired.number, "OPEN")
    assert not Refund.objects.exists() and held_minor_of(wired.escrow_id) == 0
    subjects = list(Mail.objects.filter(to=buyer_owner.email).values_list("subject", flat=True))
    assert len([each for each in subjects if "Your wire waits for a click" in each]) == 2
    assert not Mail.objects.filter(to=seller_owner.email, subject__contains="waits for a click").exists()
    for page in (of(buyer_owner).get(url_of(wired)), of(buyer_owner).get(url_of(wired, "order-pay"))):
        assert page.text.count("arrived by wire while no payment was open") == 2
    lost = payment_of(escrow_of(wired))
    with pytest.raises(Invalid) as refused:
        match_item(item_id=first.pk, shares=[Share(lost.pk, DEPOSIT)], why="x", by=staff(treasurer), at=NOW)
    assert "pressed Pay" in str(refused.value.fields["shares"])

    waiting = wire(escrow_of(wired), buyer_owner)
    assert [each.payment.pk for each in candidates_for(first)][0] == waiting.pk
    for _twice in range(2):
        match_item(item_id=first.pk, shares=[Share(waiting.pk, DEPOSIT)], why="x", by=staff(treasurer), at=NOW)
    follow_hints()
    run_courier()
    assert set(clocks_of(wired)) == {"ship_date"} and held_minor_of(wired.escrow_id) == DEPOSIT
    assert "while no payment was open" not in of(buyer_owner).get(url_of(wired)).text
    assert check_books() == compare_with_gateway("bank") == []


def test_what_is_not_for_it_goes_as_before(wired, buyer_owner, treasurer, second):
    """In another currency, or once the order has ended, it goes back by itself; so does what nobody lost."""
    reference = payment_of(escrow_of(wired)).bank_details["reference"]
    bring([Row(amount_minor=DEPOSIT, text=reference)], number=2, day=BANK_DAY)
    taken_back(wired, treasurer, second)
    bring([Row(amount_minor=DEPOSIT, text=reference)], currency="EUR")
    pass_time(NOW + 10 * DAY)
    bring([Row(amount_minor=DEPOSIT, text=reference)], number=4, day=DAY_AFTER)
    assert not SuspenseItem.objects.filter(direction="in").exists()
    assert Refund.objects.count() == 3 and check_books() == []


def test_an_attempt_that_asks_for_too_little_takes_no_wire(wired, buyer_owner, treasurer, second):
    """Of 3,046.29 the bank takes 1,000.00 and then the rest, while the buyer is about to wire the first part anew."""
    first = payment_of(escrow_of(wired))
    taken_back(wired, treasurer, second, amount_minor=100_000)
    live = wire(escrow_of(wired), buyer_owner)
    assert live.amount_minor == 100_000
    taken_back(wired, treasurer, second, amount_minor=DEPOSIT - 100_000, number=3, payment=first)
    assert of(buyer_owner).get(url_of(wired, "order-pay")).context["instalment"].missing_minor == DEPOSIT
    bring([Row(amount_minor=DEPOSIT, text=first.bank_details["reference"])], number=4, day=DAY_AFTER)
    item = SuspenseItem.objects.get(direction="in")
    assert not Refund.objects.exists()
    anew = wire(escrow_of(wired), buyer_owner)
    assert (anew.pk != live.pk, anew.amount_minor) == (True, DEPOSIT)
    match_item(item_id=item.pk, shares=[Share(anew.pk, DEPOSIT)], why="x", by=staff(treasurer), at=NOW)
    follow_hints()
    run_courier()
    assert held_minor_of(wired.escrow_id) == DEPOSIT and set(clocks_of(wired)) == {"ship_date"}
    assert check_books() == compare_with_gateway("bank") == []


def test_nobody_pays_it_again_the_buyer_has_refused(wired, treasurer, second):
    taken_back(wired, treasurer, second)
    pass_time(NOW + 10 * DAY)
    assert fresh(wired).state == OrderState.CANCELLED and state_of(escrow_of(wired)) == "CLOSED"
    assert check_books() == []


@pytest.mark.parametrize("side", ["buyer", "seller"])
def test_the_order_page_shows_a_refund_that_was_stopped_for_it(request, wired, treasurer, second, side):
    cancel(wired, request.getfixturevalue("seller_owner"))
    run_courier()
    taken_back(wired, treasurer, second)
    assert state_of(Refund.objects.get()) == "STOPPED"
    page = of(request.getfixturevalue(f"{side}_owner")).get(url_of(wired))
    words = page.content.decode()
    assert page.status_code == 200 and "Not sent: the buyer&#x27;s bank took it back" in words
    assert "Pay it again" not in words


def test_after_shipment_nobody_is_told_to_keep_the_goods(wired, buyer_owner, seller_owner, treasurer, second):
    ready(wired, seller_owner)
    pay_for(fresh(wired), buyer_owner, sequence=2)
    book(fresh(wired), buyer_owner)
    ship(fresh(wired), seller_owner)
    taken_back(fresh(wired), treasurer, second)
    titles = list(Notice.objects.filter(kind="FundingLost").values_list("title", flat=True))
    assert len(titles) == 2 and not any("keep the goods" in title for title in titles)
    assert any("Funding lost after shipment" in title for title in titles)
