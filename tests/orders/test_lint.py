from datetime import date, timedelta

import pytest
from django.utils.translation import override

from orders.actions.draft import save_delivery, save_lines, save_payment, save_trade_term
from orders.drafting import Delivery, InstalmentInput, LineInput, PaymentTerms, RequirementInput, TradeTermInput
from orders.lint import lint_order, stops
from orders.lint_words import ambiguous_date, days_without_calendar, sample_words, untestable_words
from tests.cast import NOW, actor
from tests.orders.conftest import CHAIR, PAYMENT, TERM


def findings(order, user, at=NOW, **pieces):
    """(field, severity) of all findings after saving one piece."""
    actions = {"delivery": save_delivery, "term": save_trade_term, "terms": save_payment}
    for name, piece in pieces.items():
        order = actions[name](order_id=order.pk, seen_version=order.version, by=actor(user), at=NOW, **{name: piece})
    return [(finding.field, finding.severity) for finding in lint_order(order, at=at)]


def with_line(order, user, **values):
    line = LineInput(**{**CHAIR.__dict__, **values})
    order = save_lines(
        order_id=order.pk, seen_version=order.version, currency="USD", lines=[line], by=actor(user), at=NOW
    )
    return [(finding.field, finding.severity) for finding in lint_order(order, at=NOW)]


def requirement(**values) -> RequirementInput:
    return RequirementInput(**{"attribute": "Colour", "target": "RAL 9010", "test_method": "RAL fan", **values})


def test_a_complete_draft_has_nothing_against_it(draft_order):
    assert lint_order(draft_order, at=NOW) == []


def test_every_finding_explains_itself(empty_draft):
    found = lint_order(empty_draft, at=NOW)
    assert found and all(finding.message and finding.explanation for finding in found)
    assert {finding.step for finding in found} == {1, 2, 3, 4, 5}
    assert found[: len(stops(found))] == stops(found), "stops come first"


# --- words ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "Good quality",
        "Must be of GOOD  quality!",
        "good\u00a0quality",
        "first-class oak",
        "质量好",
        "质量 好",
        "品质要优质",
        "Chất lượng tốt",
        "CHẤT LƯỢNG TỐT",
        "chat luong tot",
        "hàng đẹp, bền đẹp",
    ],
)
def test_words_that_nobody_can_test(text):
    assert untestable_words(text) != []


@pytest.mark.parametrize(
    "text",
    ["18 mm ± 0.2", "quality class A2 of EN 975-1", "红色 RAL 3020", "Độ ẩm 8 %", "goodness", "perfectly 8 %", ""],
)
def test_words_that_can_be_tested(text):
    assert untestable_words(text) == [] and sample_words(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "as sample",
        "Same as the sample",
        "颜色按样品",
        "与样品一致",
        "Như mẫu",
        "nhu mau",
        "as approved sample",
        "per approved sample",
        "Matches the sealed samples",
        "橡木 nhu mau ±",
    ],
)
def test_words_that_need_a_sealed_sample(text):
    assert sample_words(text) != []


@pytest.mark.parametrize("text", ["good-quality", "First-class oak", "橡木, chat luong tot"])
def test_hyphens_and_foreign_keyboards_hide_nothing(text):
    assert untestable_words(text) != []


@pytest.mark.parametrize("place", ["unit", "sample_plan"])
def test_every_field_of_a_requirement_is_looked_at(draft_order, seller_owner, place):
    found = with_line(draft_order, seller_owner, requirements=[requirement(**{place: "good quality"})])
    assert found == [(f"lines.0.requirements.0.{place}", "stop")]


def test_a_ship_date_that_may_come_before_the_money_warns(draft_order, seller_owner):
    for day_, expected in ((date(2026, 3, 20), [("ship_date", "warn")]), (date(2026, 3, 24), [])):
        draft_order.refresh_from_db()
        assert findings(draft_order, seller_owner, delivery=Delivery(ship_date=day_)) == expected


def test_a_longer_phrase_is_named_once():
    assert sample_words("giống như mẫu") == ["giống như mẫu"]


@pytest.mark.parametrize("place", ["target", "attribute", "test_method"])
def test_untestable_words_stop_in_a_requirement(draft_order, seller_owner, place):
    found = with_line(draft_order, seller_owner, requirements=[requirement(**{place: "Good quality"})])
    assert found == [(f"lines.0.requirements.0.{place}", "stop")]


def test_untestable_words_warn_elsewhere(draft_order, seller_owner):
    assert with_line(draft_order, seller_owner, specification="质量好") == [("lines.0.specification", "warn")]


def test_as_sample_needs_the_samples_number(draft_order, seller_owner):
    like = [requirement(target="按样品")]
    assert with_line(draft_order, seller_owner, requirements=like) == [("lines.0.requirements.0.target", "stop")]
    draft_order.refresh_from_db()
    assert with_line(draft_order, seller_owner, requirements=like, sample_number="S-2026-04") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("within 10 days", "within 10 days"),
        ("30 days after the deposit", "30 days after"),
        ("收到订金后10天内", "10天内"),
        ("trong vòng 10 ngày", "trong vòng 10 ngày"),
        ("within 10 business days of Vietnam", ""),
        ("within ten days", "within ten days"),
        ("within 5-7 days", "within 5-7 days"),
        ("in 2 weeks", "in 2 weeks"),
        ("within 10 business days", "10 business days"),
        ("30日内交货", "30日内"),
        ("10个工作日内", "10个工作日内"),
        ("10 ngày sau", "10 ngày sau"),
        ("trong 10 ngày làm việc", "10 ngày làm việc"),
        ("越南10个工作日内", ""),
        ("trong 10 ngày làm việc của Việt Nam", ""),
        ("30个日历日内", ""),
        ("shelf life 180 days", ""),
    ],
)
def test_days_need_a_calendar(text, found):
    assert days_without_calendar(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("by 05/06/2026", "05/06/2026"),
        ("5.6.26", "5.6.26"),
        ("25/06/2026", ""),
        ("2026-06-05", ""),
        ("06/06/2026", ""),
        ("EN 1.2.3.4", ""),
    ],
)
def test_dates_that_read_in_two_ways(text, found):
    assert ambiguous_date(text) == found


def test_days_without_a_calendar_stop(draft_order, seller_owner):
    term = TradeTermInput(**{**TERM.__dict__, "freight_note": "Booked within 10 days"})
    assert findings(draft_order, seller_owner, term=term) == [("freight_note", "stop")]


# --- completeness -----------------------------------------------------------------------------------------------------
def test_a_requirement_needs_target_and_test(draft_order, seller_owner):
    found = with_line(draft_order, seller_owner, requirements=[RequirementInput(attribute="Colour")])
    assert found == [("lines.0.requirements.0.target", "stop"), ("lines.0.requirements.0.test_method", "stop")]


def test_a_product_without_requirement_warns(draft_order, seller_owner):
    assert with_line(draft_order, seller_owner, requirements=[]) == [("lines.0.requirements", "warn")]


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        (PaymentTerms(methods=[], instalments=PAYMENT.instalments), [("methods", "stop")]),
        (
            PaymentTerms(methods=["wire"], instalments=[InstalmentInput(basis_points=9999, due_on="confirmation")]),
            [("instalments", "stop")],
        ),
        (
            PaymentTerms(methods=["wire"], instalments=[InstalmentInput(basis_points=10_000, due_on="readiness")]),
            [("instalments", "stop")],
        ),
        (
            PaymentTerms(methods=["wire"], instalments=[InstalmentInput(basis_points=10_000, due_on="confirmation")]),
            [],
        ),
        (
            PaymentTerms(currency="EUR", methods=["wire"], instalments=PAYMENT.instalments),
            [("payout_account", "stop")],
        ),
    ],
)
def test_payment(draft_order, seller_owner, terms, found):
    assert findings(draft_order, seller_owner, terms=terms) == found


def test_an_instalment_of_nothing_stops(draft_order, seller_owner):
    """One cent at 30 and 70 %: the first part rounds to zero and could never be paid."""
    cheap = {"quantity_thousandths": 1_000, "unit_price_minor": 1}
    assert with_line(draft_order, seller_owner, **cheap) == [("instalments", "stop")]
    whole = PaymentTerms(methods=["wire"], instalments=[InstalmentInput(basis_points=10_000, due_on="confirmation")])
    draft_order.refresh_from_db()
    assert findings(draft_order, seller_owner, terms=whole) == []


def test_a_method_that_nobody_can_pay_by_stops(draft_order):
    draft_order.methods = ["card", "transfer"]
    assert [finding.field for finding in lint_order(draft_order, at=NOW)] == ["methods"]


def test_a_price_that_ended_stops(draft_order, seller_owner):
    """The price is valid until 18:00 of 2026-03-31 in Vietnam: 11:00 UTC."""
    end = NOW.replace(day=31, hour=11)
    assert findings(draft_order, seller_owner, at=end - timedelta(seconds=1)) == []
    assert findings(draft_order, seller_owner, at=end) == [("price_valid_until", "stop")]


def test_a_ship_date_that_passed_stops(draft_order):
    found = [finding.field for finding in stops(lint_order(draft_order, at=NOW + timedelta(days=120)))]
    assert found == ["ship_date", "price_valid_until"]


# --- trade terms ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("incoterm", "mode", "found"),
    [
        ("FOB", "sea", [("incoterm", "warn")]),
        ("FOB", "air", [("incoterm", "stop")]),
        ("CIF", "express", [("incoterm", "stop")]),
        ("CIP", "air", []),
        ("DDP", "land", []),
        ("EXW", "land", [("incoterm", "warn")]),
    ],
)
def test_term_and_mode_must_fit(draft_order, seller_owner, buyer_owner, incoterm, mode, found):
    term = TradeTermInput(**{**TERM.__dict__, "incoterm": incoterm, "transport_mode": mode})
    assert findings(draft_order, seller_owner, term=term) == found


def test_a_term_needs_its_place(draft_order, seller_owner):
    term = TradeTermInput(**{**TERM.__dict__, "named_place": ""})
    assert findings(draft_order, seller_owner, term=term) == [("named_place", "stop")]


# --- holidays ---------------------------------------------------------------------------------------------------------
def test_tet_near_the_ship_date_warns(draft_order, seller_owner):
    """Tết of 2027 begins on 6 February."""
    delivery = Delivery(ship_date=date(2027, 2, 10))
    assert ("ship_date", "warn") in findings(draft_order, seller_owner, delivery=delivery)
    with override("en"):
        words = [str(finding.message) for finding in lint_order(draft_order.__class__.objects.get(), at=NOW)]
    assert "2027-02-0" in words[0]


def test_days_after_the_deposit_are_looked_up_too(draft_order, seller_owner):
    days = (date(2026, 4, 30) - date(2026, 3, 3)).days
    delivery = Delivery(basis="days", ship_days=days)
    assert ("ship_days", "warn") in findings(draft_order, seller_owner, delivery=delivery)


def test_a_closed_ship_date_warns(draft_order, seller_owner):
    delivery = Delivery(ship_date=date(2026, 6, 14))
    assert findings(draft_order, seller_owner, delivery=delivery) == [("ship_date", "warn")]
