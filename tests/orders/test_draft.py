from datetime import date, timedelta

import pytest

from catalog.models import Product, ProductRequirement
from core import deadlines
from core.errors import IllegalMove, Invalid, NotAllowed, NotFound, Stale
from core.references import new_reference
from orders.actions.draft import (
    add_products,
    copy_order,
    create_draft,
    save_delivery,
    save_lines,
    save_parties,
    save_payment,
    save_trade_term,
)
from orders.drafting import (
    Delivery,
    InstalmentInput,
    LineInput,
    Parties,
    PaymentTerms,
    RequirementInput,
    TradeTermInput,
)
from orders.models import Order, OrderLine, OrderState, PlannedInstalment, Requirement
from orders.queries import order_lines
from tests.cast import NOW, actor, company_of
from tests.concurrency.racing import locks_before_writing
from tests.orders.conftest import CHAIR, SCREWS

DAY = timedelta(days=1)


def product_of(user, name="Oak chair", *, currency="USD", price_minor=2_500) -> Product:
    product = Product.objects.create(
        reference=new_reference("prd"),
        company=company_of(user),
        name=name,
        specification="Oak",
        unit="piece",
        price_minor=price_minor,
        currency=currency,
        min_quantity=100_000,
        created_at=NOW,
        updated_at=NOW,
    )
    ProductRequirement.objects.create(
        product=product, position=1, attribute="Height", target="90", tolerance="± 1", unit="cm", method="Ruler"
    )
    return product


def save(action, order, user, at=NOW, **piece):
    order.refresh_from_db()
    return action(order_id=order.pk, seen_version=order.version, by=actor(user), at=at, **piece)


def unchanged(order: Order) -> bool:
    version = order.version
    order.refresh_from_db()
    return order.version == version


# --- a new draft ------------------------------------------------------------------------------------------------------
def test_a_draft_has_a_number_a_folder_and_a_clock(seller_sales):
    first, second = (create_draft(by=actor(seller_sales), at=NOW) for _number in range(2))
    assert (first.number, second.number) == ("TA-2026-000001", "TA-2026-000002")
    assert first.reference.startswith("ord_") and first.state == OrderState.DRAFT
    assert (first.seller, first.created_by) == (company_of(seller_sales), seller_sales)
    assert first.folder_id != second.folder_id
    # Ninety days later is 2026-06-01, a Monday; Vietnam works.
    assert deadlines.get(first, "draft_untouched").due_at == NOW + 90 * DAY


def test_numbers_begin_anew_each_year(seller_owner):
    create_draft(by=actor(seller_owner), at=NOW)
    assert create_draft(by=actor(seller_owner), at=NOW + 365 * DAY).number == "TA-2027-000001"


def test_a_draft_begins_with_products_of_the_catalogue(seller_owner):
    product = product_of(seller_owner)
    order = create_draft(product_refs=[product.reference], by=actor(seller_owner), at=NOW)
    line = OrderLine.objects.get(order=order)
    assert (line.name, line.quantity_thousandths, line.unit_price_minor, line.product) == (
        "Oak chair",
        100_000,
        2_500,
        product,
    )
    requirement = Requirement.objects.get(line=line)
    assert (requirement.attribute, requirement.test_method) == ("Height", "Ruler")

    Product.objects.filter(pk=product.pk).update(name="Pine chair", price_minor=1)
    line.refresh_from_db()
    assert (line.name, line.unit_price_minor) == ("Oak chair", 2_500)


def test_products_of_another_company_or_currency_are_refused(seller_owner, stranger):
    theirs, ours = product_of(stranger), product_of(seller_owner)
    in_euro = product_of(seller_owner, currency="EUR")
    for refs in ([theirs.reference], [ours.reference, in_euro.reference], ["prd_unknown"]):
        with pytest.raises(Invalid) as refused:
            create_draft(product_refs=refs, by=actor(seller_owner), at=NOW)
        assert set(refused.value.fields) == {"product_refs"}
    assert Order.objects.count() == 0


@pytest.mark.parametrize("who", ["buyer_viewer", "buyer_finance", "buyer_purchasing", "arbiter"])
def test_only_owners_and_sales_draft(request, who):
    with pytest.raises(NotAllowed):
        create_draft(by=actor(request.getfixturevalue(who)), at=NOW)


# --- saving steps -----------------------------------------------------------------------------------------------------
def test_every_step_saves_alone_and_counts(empty_draft, seller_owner):
    save(save_payment, empty_draft, seller_owner, terms=PaymentTerms())
    save(save_delivery, empty_draft, seller_owner, delivery=Delivery())
    save(save_trade_term, empty_draft, seller_owner, term=TradeTermInput())
    save(save_lines, empty_draft, seller_owner, currency="USD", lines=[])
    order = save(save_parties, empty_draft, seller_owner, parties=Parties())
    assert order.version == 6


def test_saving_starts_the_ninety_days_anew(empty_draft, seller_owner):
    save(save_parties, empty_draft, seller_owner, at=NOW + 10 * DAY, parties=Parties())
    empty_draft.refresh_from_db()
    assert empty_draft.touched_at == NOW + 10 * DAY
    assert len(deadlines.live_of(empty_draft)) == 1
    assert deadlines.get(empty_draft, "draft_untouched").due_at >= NOW + 100 * DAY


def test_a_stale_page_changes_nothing(empty_draft, seller_owner):
    save(save_parties, empty_draft, seller_owner, parties=Parties(seller_ref="A"))
    with pytest.raises(Stale):
        save_parties(
            order_id=empty_draft.pk, seen_version=1, parties=Parties(seller_ref="B"), by=actor(seller_owner), at=NOW
        )
    empty_draft.refresh_from_db()
    assert empty_draft.seller_ref == "A"


def test_locks_before_writing(empty_draft, seller_owner):
    by = actor(seller_owner)
    with locks_before_writing():
        save_parties(order_id=empty_draft.pk, seen_version=1, parties=Parties(), by=by, at=NOW)


@pytest.mark.parametrize(("who", "refusal"), [("stranger", NotFound), ("buyer_owner", NotFound)])
def test_nobody_else_writes_in_a_draft(request, empty_draft, who, refusal):
    with pytest.raises(refusal):
        save(save_parties, empty_draft, request.getfixturevalue(who), parties=Parties())
    assert unchanged(empty_draft)


def test_an_offered_order_is_not_edited(offered_order, seller_owner, buyer_owner):
    with pytest.raises(IllegalMove):
        save(save_lines, offered_order, seller_owner, currency="USD", lines=[CHAIR])
    with pytest.raises(NotAllowed):
        save(save_lines, offered_order, buyer_owner, currency="USD", lines=[CHAIR])
    assert len(order_lines(offered_order)) == 2


@pytest.mark.parametrize(
    ("parties", "field"),
    [
        (Parties(buyer_email="nobody"), "buyer_email"),
        (Parties(buyer_company_name="Lake\u202eside"), "buyer_company_name"),
        (Parties(seller_ref="x\u200by"), "seller_ref"),
        (Parties(buyer_ref="x" * 61), "buyer_ref"),
        (Parties(language="fr"), "language"),
        (Parties(governing_law="a\x00b"), "governing_law"),
    ],
)
def test_parties_are_checked(empty_draft, seller_owner, parties, field):
    with pytest.raises(Invalid) as refused:
        save(save_parties, empty_draft, seller_owner, parties=parties)
    assert set(refused.value.fields) == {field}
    assert unchanged(empty_draft)


def changed(line: LineInput, **values) -> LineInput:
    return LineInput(**{**line.__dict__, **values})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "lines.0.name"),
        ({"quantity_thousandths": 0}, "lines.0.quantity_thousandths"),
        ({"quantity_thousandths": -1}, "lines.0.quantity_thousandths"),
        ({"quantity_thousandths": 1.5}, "lines.0.quantity_thousandths"),
        ({"quantity_thousandths": True}, "lines.0.quantity_thousandths"),
        ({"quantity_thousandths": 10**12 + 1}, "lines.0.quantity_thousandths"),
        ({"unit_price_minor": 0}, "lines.0.unit_price_minor"),
        ({"unit_price_minor": 10**12 + 1}, "lines.0.unit_price_minor"),
        ({"unit_price_minor": "12"}, "lines.0.unit_price_minor"),
        ({"price_basis": 12}, "lines.0.price_basis"),
        ({"unit": ""}, "lines.0.unit"),
        ({"specification": "\u2066hidden"}, "lines.0.specification"),
        ({"quantity_thousandths": 10**12, "unit_price_minor": 10**6}, "lines.0.quantity_thousandths"),
        ({"quantity_thousandths": 1, "unit_price_minor": 1, "price_basis": 1000}, "lines.0.quantity_thousandths"),
        ({"requirements": [RequirementInput(attribute="")]}, "lines.0.requirements.0.attribute"),
        ({"requirements": [RequirementInput(attribute="a", severity="bad")]}, "lines.0.requirements.0.severity"),
        ({"product_ref": "prd_unknown"}, "lines"),
    ],
)
def test_lines_are_checked(empty_draft, seller_owner, values, field):
    with pytest.raises(Invalid) as refused:
        save(save_lines, empty_draft, seller_owner, currency="USD", lines=[changed(CHAIR, **values)])
    assert set(refused.value.fields) == {field}
    assert unchanged(empty_draft) and order_lines(empty_draft) == []


def test_the_sum_of_lines_has_a_limit(empty_draft, seller_owner):
    big = changed(CHAIR, quantity_thousandths=1_000, unit_price_minor=6 * 10**11)
    with pytest.raises(Invalid) as refused:
        save(save_lines, empty_draft, seller_owner, currency="USD", lines=[big, big])
    assert set(refused.value.fields) == {"lines"}


def test_lines_are_replaced_whole(draft_order, seller_owner):
    save(save_lines, draft_order, seller_owner, currency="USD", lines=[SCREWS])
    assert [line.name for line in order_lines(draft_order)] == ["Screw M6"]
    assert Requirement.objects.filter(line__order=draft_order).count() == 1


def test_products_are_added_to_what_is_there(draft_order, seller_owner):
    product = product_of(seller_owner)
    save(add_products, draft_order, seller_owner, product_refs=[product.reference])
    assert [line.name for line in order_lines(draft_order)][2:] == ["Oak chair"]
    in_euro = product_of(seller_owner, currency="EUR")
    with pytest.raises(Invalid):
        save(add_products, draft_order, seller_owner, product_refs=[in_euro.reference])


@pytest.mark.parametrize(
    ("delivery", "field"),
    [
        (Delivery(ship_date=date(2026, 3, 2)), "ship_date"),
        (Delivery(ship_date=date(2062, 6, 10)), "ship_date"),
        (Delivery(price_valid_until=date(2026, 3, 2)), "price_valid_until"),
        (Delivery(basis="days", ship_days=0), "ship_days"),
        (Delivery(basis="soon"), "delivery_basis"),
    ],
)
def test_delivery_is_checked(empty_draft, seller_owner, delivery, field):
    with pytest.raises(Invalid) as refused:
        save(save_delivery, empty_draft, seller_owner, delivery=delivery)
    assert set(refused.value.fields) == {field}


def test_today_is_the_sellers_day(empty_draft, seller_owner):
    """18:00 UTC on the 3rd is the 4th in Vietnam."""
    evening = NOW.replace(hour=18)
    with pytest.raises(Invalid):
        save(save_delivery, empty_draft, seller_owner, at=evening, delivery=Delivery(ship_date=date(2026, 3, 3)))
    save(save_delivery, empty_draft, seller_owner, at=evening, delivery=Delivery(ship_date=date(2026, 3, 4)))


def test_the_other_basis_is_forgotten(draft_order, seller_owner):
    order = save(save_delivery, draft_order, seller_owner, delivery=Delivery(basis="days", ship_days=45))
    assert (order.ship_date, order.ship_days) == (None, 45)


@pytest.mark.parametrize(
    ("term", "field"),
    [
        (TradeTermInput(incoterm="DAF"), "incoterm"),
        (TradeTermInput(transport_mode="pigeon"), "transport_mode"),
        (TradeTermInput(documents_promised=["promise"]), "documents_promised"),
        (TradeTermInput(documents_promised="invoice"), "documents_promised"),
        (TradeTermInput(inspection_days=31), "inspection_days"),
        (TradeTermInput(inspection_booked_by="carrier"), "inspection_booked_by"),
    ],
)
def test_the_trade_term_is_checked(empty_draft, seller_owner, term, field):
    with pytest.raises(Invalid) as refused:
        save(save_trade_term, empty_draft, seller_owner, term=term)
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (PaymentTerms(currency="XYZ"), "currency"),
        (PaymentTerms(methods=["cash"]), "methods"),
        (PaymentTerms(methods=["wire", "transfer"]), "methods"),
        (PaymentTerms(methods=["wire", "transfer"]), "methods"),
        (PaymentTerms(bank_charges="bank"), "bank_charges"),
        (
            PaymentTerms(instalments=[InstalmentInput(basis_points=0, due_on="confirmation")]),
            "instalments.0.basis_points",
        ),
        (PaymentTerms(instalments=[InstalmentInput(basis_points=1, due_on="later")]), "instalments.0.due_on"),
        (PaymentTerms(instalments=[InstalmentInput(basis_points=1, due_on="readiness")] * 2), "instalments"),
    ],
)
def test_payment_is_checked(empty_draft, seller_owner, terms, field):
    with pytest.raises(Invalid) as refused:
        save(save_payment, empty_draft, seller_owner, terms=terms)
    assert set(refused.value.fields) == {field}
    assert PlannedInstalment.objects.count() == 0


def test_instalments_stand_in_the_order_they_fall_due(empty_draft, seller_owner):
    parts = [
        InstalmentInput(basis_points=6000, due_on="readiness"),
        InstalmentInput(basis_points=4000, due_on="confirmation"),
    ]
    save(save_payment, empty_draft, seller_owner, terms=PaymentTerms(instalments=parts))
    rows = PlannedInstalment.objects.filter(order=empty_draft).values_list("sequence", "basis_points", "due_on")
    assert list(rows) == [(1, 4000, "confirmation"), (2, 6000, "readiness")]


def test_another_currency_keeps_the_figures_that_were_typed(draft_order, seller_owner):
    save(save_payment, draft_order, seller_owner, terms=PaymentTerms(currency="KWD"))
    assert [line.unit_price_minor for line in order_lines(draft_order)] == [25_000, 1_250]
    with pytest.raises(Invalid) as refused:
        save(save_payment, draft_order, seller_owner, terms=PaymentTerms(currency="VND"))
    assert set(refused.value.fields) == {"currency"}
    assert [line.unit_price_minor for line in order_lines(draft_order)] == [25_000, 1_250]


# --- copies -----------------------------------------------------------------------------------------------------------
def test_a_copy_is_a_new_draft_without_the_past(confirmed_order, seller_sales):
    later = NOW + 60 * DAY
    copy = copy_order(order_id=confirmed_order.pk, by=actor(seller_sales), at=later)
    assert (copy.state, copy.version, copy.copied_from_id) == (OrderState.DRAFT, 1, confirmed_order.pk)
    assert (copy.buyer, copy.escrow, copy.buyer_email) == (None, None, "owner@lakeside.example")
    assert (copy.price_valid_until, copy.ship_date) == (None, date(2026, 6, 10))
    assert copy.folder_id != confirmed_order.folder_id
    assert [(line.name, line.quantity_thousandths) for line in order_lines(copy)] == [
        ("Ghế gỗ sồi 橡木椅", 400_000),
        ("Screw M6", 12_345_000),
    ]
    assert Requirement.objects.filter(line__order=copy).count() == 2
    assert PlannedInstalment.objects.filter(order=copy).count() == 2


@pytest.mark.parametrize(("who", "refusal"), [("buyer_owner", NotAllowed), ("stranger", NotFound)])
def test_only_the_seller_copies(request, confirmed_order, who, refusal):
    with pytest.raises(refusal):
        copy_order(order_id=confirmed_order.pk, by=actor(request.getfixturevalue(who)), at=NOW)
    assert Order.objects.count() == 1
