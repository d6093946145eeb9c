import json

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import Order

NUL = "\x00"


@pytest.fixture
def client(seller_owner) -> Client:
    client = Client()
    client.force_login(seller_owner)
    return client


@pytest.mark.parametrize(
    "url",
    [
        "/orders/ord_%00/",
        "/orders/?q=%00chair",
        "/orders/?after=%00",
        "/orders/?%00=1",
        "/products/?q=a%00",
        "/offers/%00/",
        "/api/v1/orders/ord_%00/",
        "/api/v1/orders/?q=%00",
        "/api/v1/orders/?cursor=%00",
        "/api/v1/products/?cursor=%00",
        "/api/v1/payouts/ord_%00/",
    ],
)
def test_a_nul_in_the_address_is_refused(client, url):
    assert client.get(url).status_code == 400


@pytest.mark.parametrize("form", [{"name": f"Oak{NUL}chair"}, {f"na{NUL}me": "Oak"}])
@pytest.mark.parametrize("multipart", [True, False])
def test_a_nul_in_a_form_is_refused(client, form, multipart):
    url = reverse("order-new")
    if multipart:
        answer = client.post(url, form)
    else:
        text = "&".join(f"{name}={value}" for name, value in form.items()).replace(NUL, "%00")
        answer = client.post(url, text, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert Order.objects.count() == 0


@pytest.mark.parametrize("name", ["sessionid", "django_language", "anything"])
def test_a_nul_in_a_cookie_is_refused(client, name):
    client.cookies[name] = "a"
    client.cookies[name].set(name, "a\x00", '"a\\000"')
    assert client.get("/").status_code == 400


def test_a_body_of_the_api_is_told_the_field(client):
    body = json.dumps({"products": [NUL]})
    answer = client.post("/api/v1/orders/", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["products.0"]


def test_other_signs_pass(client):
    assert client.get("/orders/?q=%E2%80%AE%01gỗ").status_code == 200
