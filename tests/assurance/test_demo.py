"""The demo, loaded once: orders in every state, four countries, log-ins that work, products, and whole books."""

import pytest
from django.test import Client
from django.urls import reverse

from assurance.demo.loader import load_demo
from catalog.models import Product
from companies.demo_logins import DEMO_LOGINS, PASSWORD
from companies.models import Company
from core import clock
from core.models import Alarm
from orders.models import Order, OrderState
from payments.books import check_books

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demo_shows_everything(sandbox_gateway):
    said: list[str] = []
    count = load_demo(said.append)
    assert Order.objects.count() >= count > 0
    assert set(Order.objects.values_list("state", flat=True)) == set(OrderState.values)
    assert set(Company.objects.values_list("country", flat=True)) == {"VN", "CN", "DE", "US"}
    described = Product.objects.exclude(specification="").exclude(hs_code="").exclude(packing="")
    assert described.filter(requirements__isnull=False).distinct().count() >= 36
    assert check_books() == []
    assert list(Alarm.objects.filter(cleared_at=None, kind__endswith="_fails")) == []
    assert abs((clock.now() - clock.wall()).total_seconds()) < 60
    assert said[-1].startswith(f"{count} of {count}")
    assert_log_ins_work()


def assert_log_ins_work():
    for login in DEMO_LOGINS:
        client = Client()
        answer = client.post(reverse("account_login"), {"login": login.email, "password": PASSWORD})
        assert answer.status_code == 302, login
        assert "/login/" not in answer["Location"], login
