from datetime import date

from orders.actions.draft import save_delivery, save_lines
from orders.actions.offer import send_order, withdraw_offer
from orders.differences import compare_terms
from orders.drafting import Delivery, LineInput, RequirementInput
from orders.models import Terms
from orders.queries import last_terms, terms_before
from tests.cast import NOW, actor
from tests.orders.conftest import CHAIR, SCREWS


def offer_again(order, user, lines, delivery=None) -> Terms:
    by = actor(user)
    order = withdraw_offer(order_id=order.pk, by=by, at=NOW)
    order = save_lines(order_id=order.pk, seen_version=order.version, currency="USD", lines=lines, by=by, at=NOW)
    if delivery is not None:
        order = save_delivery(order_id=order.pk, seen_version=order.version, delivery=delivery, by=by, at=NOW)
    return send_order(order_id=order.pk, seen_version=order.version, by=by, at=NOW)


def changed(line: LineInput, **values) -> LineInput:
    return LineInput(**{**line.__dict__, **values})


def said(old: Terms, new: Terms) -> dict[str, tuple[str, str]]:
    return {each.field: (each.before, each.after) for each in compare_terms(old, new)}


def test_the_same_offer_again_differs_in_nothing(offered_order, seller_owner):
    old = last_terms(offered_order)
    new = offer_again(offered_order, seller_owner, [CHAIR, SCREWS])
    assert terms_before(new) == old
    assert compare_terms(old, new) == []
    assert old.sha256 != new.sha256, "each offer is signed anew"


def test_price_quantity_and_date_are_told_in_words(offered_order, seller_owner):
    old = last_terms(offered_order)
    new = offer_again(
        offered_order,
        seller_owner,
        [changed(CHAIR, unit_price_minor=2_400, quantity_thousandths=450_500), SCREWS],
        Delivery(ship_date=date(2026, 6, 17), price_valid_until=date(2026, 3, 31)),
    )
    assert said(old, new) == {
        "total_minor": ("USD 10,154.31", "USD 10,966.31"),
        "delivery": ("by 2026-06-10, 18:00 (Asia/Ho_Chi_Minh)", "by 2026-06-17, 18:00 (Asia/Ho_Chi_Minh)"),
        "payment.instalments": (
            "30 %, USD 3,046.29, on confirmation; 70 %, USD 7,108.02, when the goods are ready",
            "30 %, USD 3,289.89, on confirmation; 70 %, USD 7,676.42, when the goods are ready",
        ),
        "lines.1.quantity": ("400 piece", "450.5 piece"),
        "lines.1.price": ("USD 25.00 / piece", "USD 24.00 / piece"),
    }


def test_products_and_requirements_that_come_and_go(offered_order, seller_owner):
    old = last_terms(offered_order)
    stricter = RequirementInput(
        attribute="Moisture of the wood", target="8", tolerance="± 1", unit="%", test_method="Moisture meter, 3 places",
        remedy="Replacement",
    )  # fmt: skip
    colour = RequirementInput(attribute="Colour", target="RAL 9010", test_method="RAL fan")
    new = offer_again(offered_order, seller_owner, [changed(CHAIR, requirements=[stricter, colour])])
    found = said(old, new)
    assert found["lines.1.requirements.1.tolerance"] == ("± 2", "± 1")
    assert found["lines.1.requirements.2"][0] == "–" and "RAL 9010" in found["lines.1.requirements.2"][1]
    assert found["lines.2"][1] == "–" and "Screw M6" in found["lines.2"][0]


def test_labels_name_the_product(offered_order, seller_owner):
    old = last_terms(offered_order)
    new = offer_again(offered_order, seller_owner, [changed(CHAIR, size="40 cm"), SCREWS])
    (difference,) = compare_terms(old, new)
    assert str(difference.label) == "Ghế gỗ sồi 橡木椅: Size"
