import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import percent
from orders.models import OrderLine, PlannedInstalment
from orders.queries import order_lines
from orders.totals import amount_of, cover_of, instalment_amounts, totals_of
from payments.schedules import current_schedule


def plan(*parts):
    return [
        PlannedInstalment(sequence=place, basis_points=points, due_on=due_on)
        for place, (points, due_on) in enumerate(parts, start=1)
    ]


def test_of_an_order(draft_order):
    planned = list(PlannedInstalment.objects.filter(order=draft_order))
    totals = totals_of(draft_order, order_lines(draft_order), planned)
    assert totals.lines_minor == (1_000_000, 15_431)  # 12,345 screws at 1.25 per 100: 154.3125, half up
    assert totals.total_minor == 1_015_431
    assert [part.amount_minor for part in totals.instalments] == [304_629, 710_802]
    assert (totals.buyer_pays_minor, totals.buyer_fees) == (1_015_431, ())
    assert (totals.seller_fee_minor, totals.seller_gets_minor) == (20_309, 995_122)
    assert [(each.moment, each.basis_points, each.amount_minor) for each in totals.cover] == [
        ("confirmation", 0, 0),
        ("first_payment", 3000, 304_629),
        ("readiness", 10_000, 1_015_431),
    ]
    assert "30 %" in str(totals.cover[1].words) and "USD 3,046.29" in str(totals.cover[1].words)


@pytest.mark.parametrize(
    ("thousandths", "price", "basis", "amount"),
    [(1_000, 2_500, 1, 2_500), (1, 500, 1, 1), (1, 499, 1, 0), (80_000, 125, 100, 100), (1_500, 3, 1, 5)],
)
def test_a_line_rounds_once_half_up(thousandths, price, basis, amount):
    line = OrderLine(quantity_thousandths=thousandths, unit_price_minor=price, price_basis=basis)
    assert amount_of(line) == amount


@given(total=st.integers(1, 10**12), first=st.integers(1, 9_999))
def test_instalments_always_add_up(total, first):
    parts = instalment_amounts(total, plan((first, "confirmation"), (10_000 - first, "readiness")))
    assert sum(part.amount_minor for part in parts) == total
    assert all(abs(part.amount_minor * 10_000 - total * part.basis_points) < 10_000 for part in parts)


def test_a_plan_short_of_the_whole_has_no_amounts():
    assert instalment_amounts(100, plan((9_999, "confirmation"))) == ()
    assert cover_of((), "USD") == ()


def test_all_at_once_is_covered_whole():
    cover = cover_of(instalment_amounts(500, plan((10_000, "confirmation"))), "USD")
    assert [(each.moment, each.amount_minor) for each in cover] == [("confirmation", 0), ("first_payment", 500)]


@pytest.mark.parametrize(
    ("total", "currency", "fee"),
    [
        (1_000_000, "USD", 20_000),
        (25_000_000, "USD", 500_000),
        (10**12, "USD", 500_000),
        (25, "USD", 1),
        (24, "USD", 0),
    ],
)
@pytest.mark.django_db
def test_the_fee_has_a_cap(total, currency, fee):
    assert current_schedule().payee[currency].up_to(total) == fee


def test_shares_in_words():
    assert [percent(points) for points in (3000, 1250, 3333, 10_000)] == ["30 %", "12.5 %", "33.33 %", "100 %"]
