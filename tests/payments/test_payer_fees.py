"""What the payer pays on top: quoted by method, set apart, earned with what is released, back with what goes back."""

from functools import partial

import pytest

from core.errors import Invalid, NotAllowed, Stale
from core.money import CURRENCIES
from payments.actions.fee_schedule import publish_schedule
from payments.actions.funding import stop_funding
from payments.actions.release import refund_rest, release_escrow, release_rest, settle_escrow
from payments.books import check_books
from payments.fees import Rate
from payments.models import EscrowState, FeeSchedule, Refund, Release
from payments.models.account_codes import payer_fee
from payments.queries import balance_minor, money_of
from payments.schedules import current_schedule, current_version
from tests.cast import NOW, actor
from tests.concurrency.racing import run_at_once
from tests.payments.steps import balances, money, new_escrow, pay, receive, start, state_of

pytestmark = pytest.mark.django_db
CARD = {"USD": Rate(basis_points=150, fixed_minor=30, cap_minor=50_000)}
JPY_CARD = {"JPY": Rate(basis_points=150, fixed_minor=40, cap_minor=75_000)}
KWD_CARD = {"KWD": Rate(basis_points=150, fixed_minor=90, cap_minor=150_000)}


def publish(by, *, payer, seen=None, note="Cards cost the buyer something.", **changes):
    payee = dict(current_schedule().payee) | changes
    version = current_version() if seen is None else seen
    return publish_schedule(payee=payee, payer=payer, note=note, seen_version=version, by=by, at=NOW)


@pytest.fixture
def with_card_fee(treasurer):
    return publish(actor(treasurer), payer={"card": CARD | JPY_CARD | KWD_CARD})


@pytest.fixture
def escrow(with_card_fee, buyer_owner, seller_owner):
    """USD 750.00 and 1,750.00, both due."""
    return new_escrow(buyer_owner, seller_owner)


def apart(escrow):
    return balance_minor(payer_fee(escrow.pk))


def test_a_card_costs_its_fee_on_top_and_a_wire_nothing(escrow, buyer_owner):
    card = start(escrow, buyer_owner, sequence=1)
    assert (card.amount_minor, card.fee_minor) == (76_155, 1_155)
    wire = start(escrow, buyer_owner, sequence=2, method="wire")
    assert (wire.amount_minor, wire.fee_minor) == (175_000, 0)


def test_the_fee_is_set_apart_and_the_price_alone_is_held(escrow, buyer_owner):
    pay(escrow, buyer_owner)
    assert (balances(escrow)["held"], apart(escrow)) == (75_000, 1_155)
    seen = money_of(escrow.pk).instalments[0]
    assert (seen.received_minor, seen.fee_minor, seen.missing_minor, seen.state) == (75_000, 1_155, 0, "SECURED")
    assert check_books([escrow.pk]) == []


def test_the_fees_of_both_instalments_are_earned_with_the_release(escrow, buyer_owner, platform):
    pay(escrow, buyer_owner)
    pay(escrow, buyer_owner, sequence=2)
    assert apart(escrow) == 1_155 + 2_655
    for _again in range(2):
        release_rest(escrow_id=escrow.pk, reason="accepted", sequence=1, by=platform, at=NOW)
    assert balances(escrow) == {
        "held": 0,
        "refund_due": 0,
        "payable": 245_000,
        "fees": 5_000 + 3_810,
        "clearing": 253_810,
    }
    assert (apart(escrow), state_of(escrow)) == (0, EscrowState.CLOSED)
    assert check_books() == []


def test_releases_in_parts_earn_it_in_parts_that_add_up(escrow, buyer_owner, platform):
    pay(escrow, buyer_owner)
    pay(escrow, buyer_owner, sequence=2)
    for sequence, part in enumerate((1, 99_999, 150_000), start=1):
        release_escrow(escrow_id=escrow.pk, amount_minor=part, reason="part", sequence=sequence, by=platform, at=NOW)
        assert check_books() == []
    earned = list(Release.objects.order_by("sequence").values_list("payer_fee_minor", flat=True))
    assert earned == [0, 1_524, 2_286]
    assert apart(escrow) == 0


def test_a_full_refund_gives_the_fee_back_over_the_payment_that_brought_it(escrow, buyer_owner, platform):
    pay(escrow, buyer_owner)
    pay(escrow, buyer_owner, sequence=2, method="wire")
    refunds = refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform, at=NOW)
    assert [(row.payment.method, row.amount_minor) for row in refunds] == [("wire", 175_000), ("card", 76_155)]
    assert (balances(escrow)["refund_due"], apart(escrow), balances(escrow)["fees"]) == (251_155, 0, 0)
    assert check_books() == []


def test_a_division_keeps_the_fee_in_proportion(escrow, buyer_owner, platform):
    pay(escrow, buyer_owner)
    pay(escrow, buyer_owner, sequence=2)
    settle_escrow(escrow_id=escrow.pk, payee_minor=50_000, reason="cancelled", by=platform, at=NOW)
    # A fifth of 3,810 is earned; the rest goes back with the rest of the price.
    assert balances(escrow) == {
        "held": 0,
        "refund_due": 200_000 + 3_048,
        "payable": 49_000,
        "fees": 1_000 + 762,
        "clearing": 253_810,
    }
    assert money_of(escrow.pk).payer_fee_minor == 0
    assert check_books() == []


def test_too_much_goes_back_and_the_fee_stays(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    receive(payment, money(80_000))
    assert (balances(escrow)["held"], apart(escrow)) == (75_000, 1_155)
    assert Refund.objects.get().amount_minor == 3_845
    assert check_books() == []


def test_what_came_in_part_goes_back_whole(with_card_fee, buyer_owner, seller_owner, treasurer, platform):
    publish(actor(treasurer), payer={"wire": CARD})
    escrow = new_escrow(buyer_owner, seller_owner)
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(40_000))
    assert money_of(escrow.pk).instalments[0].missing_minor == 36_155
    stop_funding(escrow_id=escrow.pk, reason="expired", by=platform, at=NOW)
    assert Refund.objects.get().amount_minor == 40_000
    assert check_books() == []


@pytest.mark.parametrize(
    ("currency", "amounts", "fees"),
    [("JPY", (75_001, 175_002), (1_165, 2_665)), ("KWD", (75_005, 175_005), (1_215, 2_715))],
)
def test_in_currencies_of_no_and_of_three_digits(
    with_card_fee, buyer_owner, seller_owner, platform, currency, amounts, fees
):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=amounts, currency=currency)
    paid = [pay(escrow, buyer_owner, sequence=place) for place in (1, 2)]
    assert tuple(payment.fee_minor for payment in paid) == fees
    release_rest(escrow_id=escrow.pk, reason="accepted", sequence=1, by=platform, at=NOW)
    assert check_books() == []


def test_two_releases_at_once_earn_it_once(transactional_db, with_card_fee, buyer_owner, seller_owner, platform):
    escrow = new_escrow(buyer_owner, seller_owner)
    pay(escrow, buyer_owner)
    pay(escrow, buyer_owner, sequence=2)
    release = partial(release_rest, escrow_id=escrow.pk, reason="accepted", sequence=1, by=platform, at=NOW)
    first, second = run_at_once(release, count=2)
    assert first.pk == second.pk
    assert balances(escrow)["fees"] == 8_810
    assert check_books() == []


def test_an_open_escrow_keeps_its_quote_whatever_is_published(escrow, buyer_owner, treasurer):
    publish(actor(treasurer), payer={}, USD=Rate(basis_points=900, fixed_minor=100, cap_minor=500_000))
    assert start(escrow, buyer_owner).fee_minor == 1_155
    escrow.refresh_from_db()
    assert (escrow.schedule_version, escrow.fee_basis_points, escrow.fee_fixed_minor) == (2, 200, 0)


def test_a_fixed_part_of_the_payee_is_charged_once_per_order(treasurer, buyer_owner, seller_owner, platform):
    publish(actor(treasurer), payer={}, USD=Rate(basis_points=200, fixed_minor=500, cap_minor=500_000))
    escrow = new_escrow(buyer_owner, seller_owner)
    pay(escrow, buyer_owner)
    pay(escrow, buyer_owner, sequence=2)
    for sequence, part in enumerate((100_000, 150_000), start=1):
        release_escrow(escrow_id=escrow.pk, amount_minor=part, reason="part", sequence=sequence, by=platform, at=NOW)
    assert list(Release.objects.order_by("sequence").values_list("fee_minor", flat=True)) == [2_500, 3_000]
    assert check_books() == []


# --- publishing -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["seller_owner", "buyer_owner", "arbiter", "verifier"])
def test_only_the_treasurer_publishes(request, who):
    with pytest.raises(NotAllowed):
        publish(actor(request.getfixturevalue(who)), payer={})
    assert FeeSchedule.objects.count() == 1


def test_who_began_from_an_older_version_looks_again(treasurer):
    publish(actor(treasurer), payer={})
    with pytest.raises(Stale):
        publish(actor(treasurer), payer={}, seen=1)
    assert current_version() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"note": " "}, "note"),
        ({"USD": Rate(basis_points=2_001, cap_minor=1)}, "payee_percent"),
        ({"USD": Rate(basis_points=1, fixed_minor=2, cap_minor=1)}, "payee_amounts"),
        ({"XXX": Rate(basis_points=1, cap_minor=1)}, "payee_amounts"),
    ],
)
def test_what_can_not_be_right_is_refused_beside_its_field(treasurer, changes, field):
    with pytest.raises(Invalid) as refusal:
        publish(actor(treasurer), payer={}, **changes)
    assert field in refusal.value.fields
    assert current_version() == 1


def test_all_currencies_are_asked_for(treasurer):
    payee = {code: rate for code, rate in current_schedule().payee.items() if code != "VND"}
    with pytest.raises(Invalid):
        publish_schedule(payee=payee, payer={}, note="x", seen_version=1, by=actor(treasurer), at=NOW)
    assert set(current_schedule().payee) == set(CURRENCIES)
