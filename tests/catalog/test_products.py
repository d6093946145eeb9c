"""Actions of the catalogue: what is written, what is refused, and that nothing changed then."""

from dataclasses import replace

import pytest

from catalog.actions import archive_product, create_product, restore_product, update_product
from catalog.entries import ProductEntry, RequirementEntry
from catalog.models import Product
from catalog.queries import PAGE, get_product_for, list_products_for, products_page
from core.errors import Invalid, NotAllowed, NotFound, Stale
from core.money import MAX_MINOR
from tests.cast import NOW, actor, company_of

pytestmark = pytest.mark.django_db

CHAIR = ProductEntry(
    name="Ghế gỗ sồi 橡木椅",
    unit="piece",
    price_minor=125,
    currency="USD",
    price_basis=100,
    min_quantity=500_500,
    hs_code="9401.61",
    requirements=[
        RequirementEntry(attribute="Moisture", target="8 to 12", unit="%", method="ISO 13061-1", tolerance="±1"),
        RequirementEntry(attribute="Load", target="110", unit="kg", method="EN 1728", severity="critical"),
    ],
)


def made(user, entry: ProductEntry = CHAIR) -> Product:
    return create_product(company_id=company_of(user).pk, entry=entry, by=actor(user), at=NOW)


def test_a_product_is_kept_as_written(seller_sales) -> None:
    product = made(seller_sales)
    assert (product.name, product.price_minor, product.price_basis) == ("Ghế gỗ sồi 橡木椅", 125, 100)
    assert (product.min_quantity, product.hs_code, product.version) == (500_500, "940161", 1)
    rows = [(row.position, row.attribute, row.target, row.severity) for row in product.requirements.all()]
    assert rows == [(1, "Moisture", "8 to 12", "major"), (2, "Load", "110", "critical")]


def test_an_update_replaces_it_whole_and_refuses_a_stale_tab(seller_owner) -> None:
    product = made(seller_owner)
    entry = replace(CHAIR, name="Oak chair", requirements=CHAIR.requirements[1:])
    changed = update_product(product_id=product.pk, entry=entry, seen_version=1, by=actor(seller_owner), at=NOW)
    assert (changed.name, changed.version, changed.requirements.count()) == ("Oak chair", 2, 1)
    with pytest.raises(Stale):
        update_product(product_id=product.pk, entry=CHAIR, seen_version=1, by=actor(seller_owner), at=NOW)
    assert Product.objects.get().name == "Oak chair"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "chair\u202egnp"}, "name"),
        ({"name": "cha\u200bir"}, "name"),
        ({"unit": ""}, "unit"),
        ({"price_minor": 0}, "price"),
        ({"price_minor": -5}, "price"),
        ({"price_minor": 1.5}, "price"),
        ({"price_minor": MAX_MINOR + 1}, "price"),
        ({"currency": "XXX"}, "currency"),
        ({"price_basis": 10}, "price_basis"),
        ({"min_quantity": 0}, "min_quantity"),
        ({"min_quantity": 10**13}, "min_quantity"),
        ({"hs_code": "94A1"}, "hs_code"),
        ({"specification": "x" * 5001}, "specification"),
        ({"requirements": [RequirementEntry(attribute="Load", target="", method="EN 1728")]}, "requirements.0.target"),
        ({"requirements": [RequirementEntry(attribute="", target="1", method="m")]}, "requirements.0.attribute"),
        (
            {"requirements": [RequirementEntry(attribute="a", target="1", method="m", severity="awful")]},
            "requirements.0.severity",
        ),
        ({"requirements": CHAIR.requirements[:1] * 41}, "requirements"),
    ],
)
def test_bad_input_is_refused_beside_its_field(seller_owner, change, field) -> None:
    with pytest.raises(Invalid) as refusal:
        made(seller_owner, replace(CHAIR, **change))
    assert list(refusal.value.fields) == [field] and str(refusal.value.fields[field])
    assert Product.objects.count() == 0


def test_only_owner_and_sales_of_the_company_write(seller_owner, stranger, buyer_viewer, buyer_finance) -> None:
    product = made(seller_owner)
    for who in (stranger, buyer_viewer, buyer_finance):
        for refused in (
            lambda by: create_product(company_id=product.company_id, entry=CHAIR, by=by, at=NOW),
            lambda by: update_product(product_id=product.pk, entry=CHAIR, seen_version=1, by=by, at=NOW),
            lambda by: archive_product(product_id=product.pk, by=by, at=NOW),
            lambda by: restore_product(product_id=product.pk, by=by, at=NOW),
        ):
            with pytest.raises(NotAllowed):
                refused(actor(who))
        with pytest.raises(NotFound):
            get_product_for(actor(who), product.reference)
    with pytest.raises(NotAllowed):
        made(buyer_finance)
    product.refresh_from_db()
    assert (product.version, product.archived_at, Product.objects.count()) == (1, None, 1)


def test_archived_products_are_listed_apart(seller_owner) -> None:
    product = made(seller_owner)
    company, by = company_of(seller_owner), actor(seller_owner)
    for _twice in range(2):
        assert archive_product(product_id=product.pk, by=by, at=NOW).version == 2
    assert list_products_for(company) == []
    assert products_page(company.pk, archived=True) == ([product], "")
    assert get_product_for(by, product.reference) == product
    restore_product(product_id=product.pk, by=by, at=NOW)
    assert list_products_for(company, search="SỒI") == [product]


def test_a_long_catalogue_comes_in_pages(seller_owner) -> None:
    company = company_of(seller_owner)
    for number in range(PAGE + 3):
        made(seller_owner, replace(CHAIR, name=f"Chair {number}", requirements=[]))
    first, cursor = products_page(company.pk)
    second, end = products_page(company.pk, cursor=cursor)
    assert (len(first), len(second), end) == (PAGE, 3, "")
    assert len({each.pk for each in first + second}) == PAGE + 3
