"""The statement of account: every line, to the minor unit, whatever the currency and the days asked for."""

import csv
from datetime import date, timedelta
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from core.errors import NotFound
from payments import account_statement_files
from payments.account_statement_files import TooLongForPaper, csv_rows, safe_cell, statement_pdf
from payments.account_statements import all_lines, newest_lines, open_statement, statement_balances
from payments.actions.payout import request_payout
from payments.actions.sending import record_payout_failed, record_payout_paid, record_payout_returned
from payments.models import Entry, Escrow, Payout
from tests.cast import NOW, actor, company_of
from tests.payments.steps import new_escrow, pay, release_all, sent_payout

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ZONE = "Asia/Ho_Chi_Minh"


def released(buyer, seller, amount_minor, *, currency="USD", at=NOW):
    escrow = new_escrow(buyer, seller, amounts=[amount_minor], currency=currency, at=at)
    pay(escrow, buyer, at=at)
    release_all(escrow, at=at)
    return escrow


def payout_of(seller, *, at=NOW):
    payout = request_payout(company_id=company_of(seller).pk, currency="USD", by=actor(seller), at=at)
    return sent_payout(payout, at=at)


@pytest.fixture
def story(buyer_owner, seller_owner, platform):
    """Released, paid out; the day after released, returned by the bank; two days later asked for again and refused."""
    released(buyer_owner, seller_owner, 250_000)
    first = payout_of(seller_owner)
    record_payout_paid(payout_id=first.pk, by=platform, at=NOW)
    released(buyer_owner, seller_owner, 10_000, at=NOW + DAY)
    record_payout_returned(payout_id=first.pk, failure_code="AC04", by=platform, at=NOW + DAY)
    second = payout_of(seller_owner, at=NOW + 3 * DAY)
    record_payout_failed(payout_id=second.pk, failure_code="AC04", by=platform, at=NOW + 3 * DAY)
    return first, second


def statement_of(seller, currency="USD", **days):
    return open_statement(company_of(seller).pk, currency, **days, zone=ZONE)


def figures(lines):
    return [(line.number, line.kind, line.change_minor, line.balance_minor) for line in lines]


ALL = [
    (1, "RELEASE", 245_000, 245_000),
    (2, "PAYOUT_REQUESTED", -245_000, 0),
    (3, "RELEASE", 9_800, 9_800),
    (4, "PAYOUT_RETURNED", 245_000, 254_800),
    (5, "PAYOUT_REQUESTED", -254_800, 0),
    (6, "PAYOUT_FAILED", 254_800, 254_800),
]


def test_every_line_with_its_balance_and_what_it_is_about(story, seller_owner):
    first, second = story
    statement = statement_of(seller_owner)
    assert (statement.opening_minor, statement.closing_minor, statement.count) == (0, 254_800, 6)
    lines = newest_lines(statement)
    assert figures(lines) == ALL[::-1] and figures(all_lines(statement)) == ALL
    release, payout = lines[-1], lines[-2]
    escrow = Escrow.objects.order_by("pk").first()
    assert (release.order, release.own_ref, release.reference) == ("TA-2026-000123", "INV-9", escrow.reference)
    assert (release.gross_minor, release.fee_minor, release.at) == (250_000, 5_000, NOW)
    assert (payout.order, payout.reference, payout.gross_minor) == ("TA-2026-000123", first.reference, None)
    assert [line.reference for line in lines[:3]] == [second.reference, second.reference, first.reference]
    assert lines[1].order == "TA-2026-000123, TA-2026-000123"


@pytest.mark.parametrize(
    ("since", "until", "opening", "closing", "numbers"),
    [
        (None, date(2026, 3, 3), 0, 0, [1, 2]),
        (date(2026, 3, 3), date(2026, 3, 3), 0, 0, [1, 2]),
        (date(2026, 3, 4), date(2026, 3, 5), 0, 254_800, [3, 4]),
        (date(2026, 3, 4), None, 0, 254_800, [3, 4, 5, 6]),
        (date(2026, 3, 5), date(2026, 3, 5), 254_800, 254_800, []),
        (date(2026, 3, 6), date(2027, 1, 1), 254_800, 254_800, [5, 6]),
        (None, date(2020, 1, 1), 0, 0, []),
        (date(2030, 1, 1), None, 254_800, 254_800, []),
    ],
)
def test_a_period_opens_and_closes_with_its_balances(story, seller_owner, since, until, opening, closing, numbers):
    statement = statement_of(seller_owner, since=since, until=until)
    assert (statement.opening_minor, statement.closing_minor) == (opening, closing)
    lines = list(all_lines(statement))
    assert [line.number for line in lines] == numbers
    assert opening + sum(line.change_minor for line in lines) == closing


def test_days_begin_at_midnight_of_the_company(buyer_owner, seller_owner):
    midnight = NOW.replace(hour=17)  # 00:00 in Ho Chi Minh City
    released(buyer_owner, seller_owner, 10_000, at=midnight - timedelta(seconds=1))
    released(buyer_owner, seller_owner, 20_000, at=midnight)
    assert figures(all_lines(statement_of(seller_owner, until=date(2026, 3, 3)))) == [(1, "RELEASE", 9_800, 9_800)]
    assert statement_of(seller_owner, since=date(2026, 3, 4)).opening_minor == 9_800


def test_what_is_told_late_is_dated_like_the_line_before(buyer_owner, seller_owner):
    released(buyer_owner, seller_owner, 10_000, at=NOW + 2 * DAY)
    released(buyer_owner, seller_owner, 20_000, at=NOW)
    assert list(Entry.objects.filter(account__kind="PAYABLE").values_list("version", "entered_at")) == [
        (1, NOW + 2 * DAY),
        (2, NOW + 2 * DAY),
    ]
    assert statement_of(seller_owner, until=date(2026, 3, 4)).count == 0


def test_pages_follow_each_other_without_a_gap(story, seller_owner):
    statement = statement_of(seller_owner)
    pages = [newest_lines(statement, before=before, most=2) for before in (None, 5, 3, 1)]
    assert [[line.number for line in page] for page in pages] == [[6, 5], [4, 3], [2, 1], []]


def test_the_number_of_statements_does_not_grow(story, seller_owner, buyer_owner):
    def read():
        with CaptureQueriesContext(connection) as captured:
            newest_lines(statement_of(seller_owner, since=date(2026, 3, 3), until=date(2026, 12, 1)))
        return len(captured)

    few = read()
    for _number in range(5):
        released(buyer_owner, seller_owner, 10_000, at=NOW + 5 * DAY)
    assert read() == few <= 10


def test_only_what_was_ever_owed_has_a_statement(story, seller_owner, buyer_owner):
    assert statement_balances(company_of(seller_owner).pk) == {"USD": 254_800}
    assert statement_balances(company_of(buyer_owner).pk) == {}
    for user, currency in ((seller_owner, "EUR"), (buyer_owner, "USD")):
        with pytest.raises(NotFound):
            statement_of(user, currency)


# --- CSV --------------------------------------------------------------------------------------------------------------
def table(statement, language="en"):
    text = "".join(csv_rows(statement, zone=ZONE, language=language))
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("currency", "amount_minor", "gross", "fee", "change"),
    [
        ("USD", 250_000, "2500.00", "50.00", "2450.00"),
        ("VND", 987_654_321, "987654321", "19753086", "967901235"),
        ("KWD", 1_234_567, "1234.567", "24.691", "1209.876"),
    ],
)
def test_amounts_of_the_file_are_exact_in_every_currency(
    buyer_owner, seller_owner, currency, amount_minor, gross, fee, change
):
    released(buyer_owner, seller_owner, amount_minor, currency=currency)
    heading, opening, row, closing = table(statement_of(seller_owner, currency))
    assert heading[6:] == ["Gross", "Fee", "Change", "Balance", "Currency"]
    assert opening[2:] == [
        "Opening balance",
        "",
        "",
        "",
        "",
        "",
        "",
        "0" if currency == "VND" else "0." + "0" * len(change.split(".")[1]),
        currency,
    ]
    assert row[:2] == ["1", "2026-03-03"] and row[6:] == [gross, fee, change, change, currency]
    assert closing[9] == change


def test_changes_down_have_a_minus_and_stay_numbers(story, seller_owner):
    rows = table(statement_of(seller_owner, since=date(2026, 3, 4), until=date(2026, 3, 7)))
    assert [row[8:10] for row in rows[1:]] == [
        ["", "0.00"],
        ["98.00", "98.00"],
        ["2450.00", "2548.00"],
        ["-2548.00", "0.00"],
        ["2548.00", "2548.00"],
        ["", "2548.00"],
    ]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=1+2", "'=1+2"),
        ("+49 30", "'+49 30"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" \t=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("＝1", "'＝1"),
        ("INV-9", "INV-9"),
        ("two\r\nlines", "two lines"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(typed, written):
    assert safe_cell(typed) == written


# --- PDF --------------------------------------------------------------------------------------------------------------
def test_the_paper_says_the_same(story, seller_owner):
    statement = statement_of(seller_owner, since=date(2026, 3, 4))
    paper = statement_pdf(statement, company_of(seller_owner), language="en", at=NOW)
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages).split())
    for words in (
        "Statement of account",
        company_of(seller_owner).name,
        "from Mar 4, 2026",
        "Opening balance USD 0.00",
        "Closing balance USD 2,548.00",
        "USD 100.00 less the fee of USD 2.00",
        "− USD 2,548.00",
        story[1].reference,
    ):
        assert words in text, words
    assert paper == statement_pdf(statement, company_of(seller_owner), language="en", at=NOW)


def test_what_is_too_long_for_paper_is_refused(story, seller_owner, monkeypatch):
    monkeypatch.setattr(account_statement_files, "MOST_ON_PAPER", 5)
    with pytest.raises(TooLongForPaper):
        statement_pdf(statement_of(seller_owner), company_of(seller_owner), language="en", at=NOW)


# --- the doors --------------------------------------------------------------------------------------------------------
def page(client, user, name="statement", *, args=("USD",), **asked):
    client.force_login(user)
    return client.get(reverse(name, args=args), asked)


def test_the_page_shows_lines_and_the_way_to_files(client, story, seller_owner):
    home = page(client, seller_owner, "statement-home", args=())
    assert home.url == reverse("statement", args=["USD"])
    shown = page(client, seller_owner, since="2026-03-04")
    for words in ("Payout came back from the bank", "− USD 2,548.00", "statement.csv?since=2026-03-04"):
        assert words in shown.text
    wrong = page(client, seller_owner, since="2026-03-04", until="2026-03-01")
    assert wrong.status_code == 422 and "The last day is before the first." in wrong.text
    assert page(client, seller_owner, before="abc").status_code == 200
    assert page(client, seller_owner, args=("EUR",)).status_code == 404


def test_files_are_sent_as_files(client, story, seller_owner):
    answer = page(client, seller_owner, "statement-csv", until="2026-03-03")
    assert answer.streaming and answer["Content-Disposition"] == 'attachment; filename="statement-USD-2026-03-03.csv"'
    assert len(b"".join(answer.streaming_content).decode().splitlines()) == 5
    paper = page(client, seller_owner, "statement-pdf")
    assert paper.content.startswith(b"%PDF") and paper["Content-Type"] == "application/pdf"


def test_without_a_sale_the_page_says_so(client, seller_owner):
    assert "Nothing on it yet" in page(client, seller_owner, "statement-home", args=()).text


@pytest.mark.parametrize("name", ["statement", "statement-csv", "statement-pdf"])
def test_sales_may_not_see_it_and_strangers_find_nothing(client, story, seller_sales, stranger, name):
    assert page(client, seller_sales, name).status_code == 403
    assert page(client, stranger, name).status_code == 404


def test_the_api_says_the_same_by_pages(client, story, seller_owner, seller_sales):
    listed = page(client, seller_owner, "api-statement-list", args=()).json()
    assert listed["results"] == [{"amount_minor": 254_800, "currency": "USD"}]
    first = page(client, seller_owner, "api-statement", limit=4).json()
    assert (first["opening"]["amount_minor"], first["closing"]["amount_minor"], first["lines"]) == (0, 254_800, 6)
    rest = page(client, seller_owner, "api-statement", limit=4, cursor=first["next_cursor"]).json()
    both = [*first["results"], *rest["results"]]
    assert [
        (row["number"], row["kind"], row["change"]["amount_minor"], row["balance"]["amount_minor"]) for row in both
    ] == ALL[::-1]
    assert rest["next_cursor"] is None and both[-1]["fee"] == {"amount_minor": 5_000, "currency": "USD"}
    assert both[0]["gross"] is None
    wrong = page(client, seller_owner, "api-statement", since="2026-13-01")
    assert wrong.status_code == 422 and list(wrong.json()["errors"]) == ["since"]
    assert page(client, seller_owner, "api-statement", cursor="x").status_code == 422
    assert page(client, seller_sales, "api-statement").status_code == 403
    assert Payout.objects.count() == 2
