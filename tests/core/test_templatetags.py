"""The words that pages make of money and time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import translation

from core.templatetags.money import money
from core.templatetags.when import countdown, when

DUE = datetime(2026, 1, 20, 11, 0, tzinfo=UTC)


def render(source: str, **context: object) -> str:
    return Template("{% load layout money when %}" + source).render(Context(context))


def test_money_keeps_amount_and_currency_on_one_line() -> None:
    assert money(1_250_000, "USD") == '<span class="money">USD\N{NO-BREAK SPACE}12,500.00</span>'
    assert money(125_000, "VND") == '<span class="money">VND\N{NO-BREAK SPACE}125,000</span>'


def test_money_not_known_yet_is_a_dash_and_not_zero() -> None:
    assert "–" in money(None, "USD")
    assert "0.00" not in money(None, "USD")


def test_a_moment_stands_in_both_local_times() -> None:
    words = when(DUE, "Asia/Ho_Chi_Minh", "Minh Long", "Europe/Berlin", "Nordlicht")
    assert '<time datetime="2026-01-20T18:00:00+07:00">Tue, Jan 20, 2026, 18:00</time>' in words
    assert '<time datetime="2026-01-20T12:00:00+01:00">Tue, Jan 20, 2026, 12:00</time>' in words
    assert "Minh Long (UTC+7)" in words and "Nordlicht (UTC+1)" in words


def test_parties_in_one_zone_read_one_time() -> None:
    assert when(DUE, "Europe/Berlin", "A", "Europe/Berlin", "B").count("<time") == 1


def test_half_hours_of_a_zone_are_shown() -> None:
    assert "UTC+5:30" in when(DUE, "Asia/Kolkata")
    assert "UTC−3:30" in when(DUE, "America/St_Johns")


def test_names_of_companies_are_escaped() -> None:
    assert "<b>" not in when(DUE, "UTC", "<b>bold</b>")


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "2026年1月20日"), ("vi", "20 thg 1, 2026")])
def test_dates_speak_the_readers_language(language: str, words: str) -> None:
    with translation.override(language):
        assert words in when(DUE, "UTC")


@pytest.mark.parametrize(
    ("left", "words", "css_class"),
    [
        (timedelta(days=6, hours=23), "6 days left", "calm"),
        (timedelta(days=1, hours=5), "1 day 5 hours left", "calm"),
        (timedelta(days=1), "1 day left", "soon"),
        (timedelta(hours=1, minutes=59), "1 hour left", "soon"),
        (timedelta(minutes=1, seconds=30), "1 minute left", "soon"),
        (timedelta(0), "0 minutes left", "soon"),
        (timedelta(hours=-30), "1 day 6 hours overdue", "late"),
    ],
)
def test_countdown_never_promises_more_than_is_left(left: timedelta, words: str, css_class: str) -> None:
    said = countdown(DUE, DUE - left)
    assert words in said
    assert f"countdown-{css_class}" in said


def test_a_block_escapes_its_title_and_keeps_its_content() -> None:
    html = render('{% card title=name %}<p class="inside">x</p>{% endcard %}', name="<script>")
    assert "&lt;script&gt;" in html
    assert '<p class="inside">x</p>' in html


def test_a_header_without_a_button_leaves_no_empty_box() -> None:
    assert "page-head-action" not in render('{% page_header "Orders" %}{% endpage_header %}')


@pytest.mark.django_db
def test_next_step_says_who_when_and_what_silence_does() -> None:
    html = render(
        '{% next_step title="Inspect" who="Nordlicht" due=due zone_a="Asia/Ho_Chi_Minh" silence="Accepted." %}'
        "{% endnext_step %}",
        due=DUE,
    )
    assert "Waiting for Nordlicht" in html
    assert "18:00" in html and "Accepted." in html


def test_an_unknown_badge_colour_is_refused() -> None:
    with pytest.raises(AssertionError):
        render('{% badge "x" "pink" %}')


def test_totals_of_the_money_table_add_up() -> None:
    rows = [
        {"label": "Deposit", "due_minor": 100, "held_minor": 100, "released_minor": 0, "refunded_minor": 0},
        {"label": "Balance", "due_minor": 250, "held_minor": 0, "released_minor": 0, "refunded_minor": 0},
    ]
    html = render('{% include "components/_money_table.html" with rows=rows currency="USD" %}', rows=rows)
    total = html.split("<tfoot")[1]
    assert "3.50" in total and "1.00" in total


def test_two_forms_never_carry_the_same_key() -> None:
    assert render("{% submit_key %}") != render("{% submit_key %}")
