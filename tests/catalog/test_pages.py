"""The catalogue in a browser's eyes, and for programs."""

import pytest
from django.test import Client

from catalog.models import Product
from tests.cast import company_of

pytestmark = pytest.mark.django_db(transaction=True)

TYPED = {
    "name": "Oak chair",
    "unit": "piece",
    "currency": "USD",
    "price": "12.50",
    "price_basis": "100",
    "min_quantity": "0.5",
    "form-TOTAL_FORMS": "2",
    "form-INITIAL_FORMS": "0",
    "form-0-attribute": "Load",
    "form-0-target": "110",
    "form-0-unit": "kg",
    "form-0-method": "EN 1728",
    "form-0-severity": "critical",
    "form-1-severity": "major",
    "form-1-sample_plan": "ISO 2859-1, level II",
}


@pytest.fixture
def seller_client(client, seller_sales) -> Client:
    client.force_login(seller_sales)
    return client


def test_a_product_is_written_read_and_changed(seller_client) -> None:
    saved = seller_client.post("/products/new/", TYPED | {"idempotency_key": "one"})
    assert saved.status_code == 302
    product = Product.objects.get()
    assert (product.price_minor, product.price_basis, product.min_quantity) == (1250, 100, 500)
    assert [row.attribute for row in product.requirements.all()] == ["Load"]
    again = seller_client.post("/products/new/", TYPED | {"idempotency_key": "one"})
    assert (again["Location"], Product.objects.count()) == (saved["Location"], 1)

    shown = seller_client.get(saved["Location"]).content.decode()
    assert 'value="12.50"' in shown and 'value="0.5"' in shown and "EN 1728" in shown
    changed = seller_client.post(saved["Location"], TYPED | {"name": "Ash chair", "version": "1"})
    assert changed.status_code == 302
    stale = seller_client.post(saved["Location"], TYPED | {"name": "Elm chair", "version": "1"})
    assert stale.status_code == 422 and "changed since you opened it" in stale.content.decode()
    assert "Elm chair" in stale.content.decode() and Product.objects.get().name == "Ash chair"
    assert "Ash chair" in seller_client.get("/products/").content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": "1.234"}, "fewer digits"),
        ({"price": "0"}, "above zero"),
        ({"price": "a lot"}, "Write the amount in digits"),
        ({"min_quantity": "-1"}, "above zero"),
        ({"name": "x" * 10_000}, "At most 200"),
        ({"name": "chair\u202egnp"}, "invisible or direction-changing"),
        ({"form-0-target": ""}, "so that it can be tested"),
        ({"hs_code": "abc"}, "4 to 12 digits"),
        ({"currency": "XYZ"}, "valid choice"),
    ],
)
def test_what_was_typed_stays_with_the_reason_beside_it(seller_client, change, words) -> None:
    answer = seller_client.post("/products/new/", TYPED | change)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page and "EN 1728" in page
    assert Product.objects.count() == 0


def test_more_lines_keep_what_was_typed(seller_client) -> None:
    page = seller_client.post("/products/new/", TYPED | {"more": "1", "price": "12.5"}).content.decode()
    assert 'value="12.5"' in page and "EN 1728" in page and 'name="form-3-attribute"' in page
    assert Product.objects.count() == 0


def test_archive_and_restore(seller_client) -> None:
    here = seller_client.post("/products/new/", TYPED)["Location"]
    assert seller_client.post(here + "archive/").status_code == 302
    assert "Oak chair" not in seller_client.get("/products/").content.decode()
    assert "Oak chair" in seller_client.get("/products/?archived=1&q=oak").content.decode()
    assert seller_client.post(here + "restore/").status_code == 302
    assert "Oak chair" in seller_client.get("/products/").content.decode()


def test_strangers_find_nothing_and_readers_only_read(seller_client, stranger, buyer_viewer) -> None:
    here = seller_client.post("/products/new/", TYPED)["Location"]
    other = Client()
    other.force_login(stranger)
    for answer in (
        other.get(here),
        other.post(here, TYPED),
        other.post(here + "archive/"),
        other.get("/api/v1" + here),
    ):
        assert answer.status_code == 404
    reader = Client()
    reader.force_login(buyer_viewer)
    assert reader.get("/products/").status_code == 200
    assert reader.get("/products/new/").status_code == 403
    assert reader.post("/products/new/", TYPED).status_code == 403
    assert Client().get("/products/").status_code == 302
    assert Product.objects.get().version == 1


def test_programs_read_products(seller_client, seller_owner) -> None:
    here = seller_client.post("/products/new/", TYPED)["Location"]
    listed = seller_client.get("/api/v1/products/").json()
    assert listed["next_cursor"] is None
    [product] = listed["results"]
    assert product["price"] == {"amount_minor": 1250, "currency": "USD"}
    assert (product["price_basis"], product["min_quantity_thousandths"]) == (100, 500)
    assert product["requirements"][0]["method"] == "EN 1728"
    assert seller_client.get("/api/v1" + here).json() == product
    assert seller_client.get("/api/v1/products/?cursor=x").status_code == 422
    assert Product.objects.get().company_id == company_of(seller_owner).pk


def test_a_row_that_is_wrong_is_told_of_on_top(seller_client) -> None:
    answer = seller_client.post("/products/new/", TYPED | {"form-0-target": "x" * 201})
    assert answer.status_code == 422
    assert "Look at the marked requirements." in answer.text and "error-summary" in answer.text
    many = seller_client.post("/products/new/", TYPED | {"form-TOTAL_FORMS": "60"})
    assert many.status_code == 422 and "error-summary" in many.text
    assert Product.objects.count() == 0


def test_back_edit_and_save_speaks_of_an_older_page(seller_client) -> None:
    form = TYPED | {"idempotency_key": "one"}
    assert seller_client.post("/products/new/", form).status_code == 302
    refused = seller_client.post("/products/new/", form | {"name": "Oak bench"})
    assert refused.status_code == 422 and "This was changed since you opened it." in refused.text
    assert Product.objects.count() == 1


def test_addresses_of_pages_carry_no_primary_key(seller_client) -> None:
    for number in range(51):
        seller_client.post("/products/new/", TYPED | {"name": f"Chair {number}", "idempotency_key": str(number)})
    first = seller_client.get("/products/")
    assert first.context["next_url"].startswith("?after=prd_")
    second = seller_client.get("/products/" + first.context["next_url"])
    assert len(second.context["products"]) == 1
