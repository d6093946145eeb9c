"""The home page says the figures in force; errors say what to do, also without a database."""

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from assurance import pages
from orders.process import CLOCKS
from payments.schedules import current_schedule
from tests.first_visit import first_visit_bytes


@pytest.mark.django_db
def test_home_states_fees_and_clocks_as_they_are_in_force(client: Client) -> None:
    html = client.get("/").content.decode()
    assert f"{current_schedule().payee['USD'].basis_points / 100:g}%" in html
    assert "USD\N{NO-BREAK SPACE}12,250.00" in html
    assert all(str(CLOCKS[kind].silence) in html for kind in pages.CLOCKS_SHOWN)
    assert 'id="fees"' in html and 'id="questions"' in html and 'id="how"' in html


@pytest.mark.django_db
def test_the_example_is_reckoned_by_the_published_schedule() -> None:
    example = pages.example_order()
    assert example.fee_minor == 25_000
    assert example.net_minor + example.fee_minor == example.total_minor
    assert example.deposit_minor + example.balance_minor == example.total_minor


def test_shares_rise_with_what_was_proven() -> None:
    assert [percent for _label, percent in pages.earned_shares()] == [0, 20, 40, 80, 90, 90]


@pytest.mark.django_db
def test_home_carries_a_policy_without_inline_code(client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy and "style-src 'self'" in policy


@pytest.mark.django_db
def test_home_is_not_to_be_posted_to(client: Client) -> None:
    assert client.post("/").status_code == 405


@pytest.mark.django_db
def test_a_missing_page_is_answered_in_our_words(client: Client) -> None:
    answer = client.get("/nothing-lives-here/")
    assert answer.status_code == 404
    assert b"Nothing is here" in answer.content


@pytest.mark.django_db
def test_an_old_form_is_told_that_nothing_happened() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("set_language"), {"language": "vi"})
    assert answer.status_code == 403
    assert b"no money moved" in answer.content


@pytest.mark.parametrize(
    ("view", "status"),
    [("bad_request", 400), ("forbidden", 403), ("csrf_failure", 403), ("not_found", 404), ("too_many_requests", 429)],
)
def test_error_pages_ask_nothing_of_the_database(rf: RequestFactory, view: str, status: int) -> None:
    """pytest-django refuses every query in a test without the database mark."""
    answer = getattr(pages, view)(rf.get("/orders/"))
    assert answer.status_code == status
    assert b"<h1>" in answer.content


@pytest.mark.django_db
def test_the_page_for_our_own_faults_asks_nothing_of_the_database(
    rf: RequestFactory, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        answer = pages.server_error(rf.get("/"))
    assert answer.status_code == 500
    assert b"money that is held stays held" in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "zh-hans", "vi"])
def test_pages_say_their_language(client: Client, language: str) -> None:
    client.post(reverse("set_language"), {"language": language, "next": "/"})
    assert f'<html lang="{language}">' in client.get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/sandbox/components/"])
def test_a_first_visit_is_light(client: Client, path: str) -> None:
    assert first_visit_bytes(client, path) <= 150_000


@pytest.mark.django_db
def test_all_components_come_out(client: Client) -> None:
    assert client.get(reverse("sandbox-components")).status_code == 200
