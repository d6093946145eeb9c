"""Statement files that a person sent wait for a second treasurer; quarantined ones can be read again."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.actors import platform as by_platform
from core.errors import IllegalMove, Invalid, NotAllowed
from core.models import Alarm
from payments.actions.statements import (
    RefusedToYou,
    SentByYou,
    confirm_statement_file,
    read_statement_file_again,
    receive_statement_file,
    refuse_statement_file,
)
from payments.books import check_books
from payments.exchanges.statements import import_file
from payments.models import AheadPage, AheadStatement, BankLine, StatementFile
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW, actor
from tests.payments.bank.files import ACCOUNT, Row, as_file, mt940
from tests.payments.bank.steps import LATER, fall_due, follow_hints, receive, staff
from tests.payments.lies import looked_at_after
from tests.payments.steps import DEPOSIT, Books, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(second):
    return staff(second)


def our_csv(reference):
    account = ACCOUNT["USD"]
    return "\n".join(
        [
            "row,account,currency,booked_on,amount,remittance",
            f"opening,{account},USD,2026-03-03,0.00,",
            f"booking,{account},USD,2026-03-03,750.00,{reference}",
            f"closing,{account},USD,2026-03-03,750.00,",
        ]
    ).encode()


@pytest.fixture
def written(waiting, desk):
    """The deposit of USD 750.00, in the platform's own format, sent by a treasurer."""
    file = receive(our_csv(waiting.bank_details["reference"]), by=desk)
    return import_file(file_id=file.pk, until=LATER)


def imported(file):
    file = import_file(file_id=file.pk, until=LATER)
    follow_hints()
    return file


def test_nothing_of_it_is_read_before_another_treasurer_confirms_it(written, waiting, desk, other, verifier):
    before = Books()
    assert imported(written).state == "UNCONFIRMED" and not BankLine.objects.exists()
    for by, refusal in ((desk, SentByYou), (by_platform(), NotAllowed), (actor(verifier), NotAllowed)):
        with pytest.raises(refusal):
            confirm_statement_file(file_id=written.pk, by=by, at=NOW)
    assert before.unchanged()
    for _twice in range(2):
        confirm_statement_file(file_id=written.pk, by=other, at=NOW)
    assert imported(written).state == "BOOKED"
    assert state_of(waiting) == "SECURED"
    with pytest.raises(IllegalMove):
        confirm_statement_file(file_id=written.pk, by=desk, at=NOW)
    assert check_books() == []


def test_postgresql_wants_another_person_itself(written, desk):
    with pytest.raises(IntegrityError, match="statement_file_needs_another"), transaction.atomic():
        StatementFile.objects.update(confirmed_by=desk.user_id)


def test_after_a_business_day_staff_are_alarmed_until_somebody_looks(written, other):
    alarms = Alarm.objects.filter(kind="statement_open", subject_id=written.pk, cleared_at=None)
    assert fall_due(written) and alarms.count() == 1
    confirm_statement_file(file_id=written.pk, by=other, at=NOW)
    assert not alarms.all().exists()


def test_one_that_is_refused_is_read_by_nobody_and_must_be_confirmed_when_it_comes_again(written, other):
    with pytest.raises(Invalid):
        refuse_statement_file(file_id=written.pk, why=" ", by=other, at=NOW)
    for _twice in range(2):
        refuse_statement_file(file_id=written.pk, why="the bank shows no such line", by=other, at=NOW)
    assert imported(written).state == "QUARANTINED" and not BankLine.objects.exists()
    with pytest.raises(IllegalMove):
        confirm_statement_file(file_id=written.pk, by=other, at=NOW)
    read_statement_file_again(file_id=written.pk, by=other, at=NOW)
    assert imported(written).state == "UNCONFIRMED"
    confirm_statement_file(file_id=written.pk, by=other, at=NOW)
    with pytest.raises(IllegalMove):
        refuse_statement_file(file_id=written.pk, why="no", by=other, at=NOW)


def test_what_the_banks_channel_brings_needs_no_second_person(waiting):
    assert imported(receive(our_csv(waiting.bank_details["reference"]))).state == "BOOKED"
    assert imported(receive(mt940([Row(amount_minor=5)], opening_minor=DEPOSIT, number=2))).state == "BOOKED"


def test_a_banks_own_format_can_be_forged_too(waiting, desk, other):
    file = imported(receive(mt940([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])]), by=desk))
    assert file.state == "UNCONFIRMED" and state_of(waiting) == "PENDING"
    confirm_statement_file(file_id=file.pk, by=other, at=NOW)
    assert imported(file).state == "BOOKED" and state_of(waiting) == "SECURED"
    assert check_books() == []


def test_one_that_cannot_be_read_is_quarantined_at_once(desk):
    file = imported(receive(mt940([Row(amount_minor=5)]).replace(b"0,05\r\n-", b"0,06\r\n-"), by=desk))
    assert (file.state, BankLine.objects.count()) == ("QUARANTINED", 0) and file.problem_line == 7


def test_one_that_the_banks_channel_brings_as_well_is_read(written, waiting, desk):
    content = our_csv(waiting.bank_details["reference"])
    again = receive_statement_file(source=as_file(content), file_name="again.csv", by=desk, at=NOW)
    assert (again.is_new, imported(again.file).state) == (False, "UNCONFIRMED")
    receive(content)
    assert imported(written).state == "BOOKED" and state_of(waiting) == "SECURED"
    assert check_books() == []


def test_postgresql_reads_none_that_nobody_confirmed(written):
    with pytest.raises(IntegrityError, match="statement_file_unconfirmed_is_unread"), transaction.atomic():
        StatementFile.objects.filter(pk=written.pk).update(state="RECEIVED")
        StatementFile.objects.filter(pk=written.pk).update(state="READ")


def test_postgresql_keeps_who_confirmed_a_file(written, other):
    confirm_statement_file(file_id=written.pk, by=other, at=NOW)
    imported(written)
    with pytest.raises(IntegrityError, match="statement_file_unconfirmed_is_unread"), transaction.atomic():
        StatementFile.objects.update(confirmed_by=None)


@pytest.mark.parametrize("by_upload", [True, False])
def test_what_was_refused_for_a_reason_of_ours_is_read_again_once_that_is_mended(
    settings, waiting, desk, other, by_upload
):
    content = mt940([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])])
    ours, settings.BANK_ACCOUNTS = settings.BANK_ACCOUNTS, {"EUR": ACCOUNT["EUR"]}
    file = imported(receive(content, by=desk))
    assert (file.state, file.problem_code) == ("QUARANTINED", "not_our_account")
    settings.BANK_ACCOUNTS = ours
    if by_upload:
        again = receive_statement_file(source=as_file(content), file_name="again.sta", by=desk, at=NOW)
        assert (again.is_new, again.file.pk) == (False, file.pk)
    else:
        read_statement_file_again(file_id=file.pk, why="the account was missing", by=desk, at=NOW)
    assert imported(file).state == "UNCONFIRMED"
    confirm_statement_file(file_id=file.pk, by=other, at=NOW)
    file = imported(file)
    assert (file.state, file.problem_code, state_of(waiting)) == ("BOOKED", "", "SECURED")
    assert not Alarm.objects.filter(kind="statement_quarantined", cleared_at=None).exists()
    before = Books()
    assert read_statement_file_again(file_id=file.pk, by=desk, at=NOW).state == "BOOKED" and before.unchanged()


def test_a_stranger_reads_nothing_again(written, other, stranger):
    refuse_statement_file(file_id=written.pk, why="no", by=other, at=NOW)
    with pytest.raises(NotAllowed):
        read_statement_file_again(file_id=written.pk, by=actor(stranger), at=NOW)


def test_the_page_shows_what_it_says_and_another_confirms_it(written, treasurer, second, waiting):
    page = reverse("admin:payments_statementfile_change", args=[written.pk])
    confirm = reverse("admin:payments_statementfile_confirm", args=[written.pk])
    mine, theirs = with_both_factors(treasurer), with_both_factors(second)
    shown, seen = mine.get(page), theirs.get(page)
    assert "Refresh" not in shown.headers and confirm not in shown.content.decode()
    words = seen.content.decode()
    assert confirm in words
    assert "750.00" in words
    assert waiting.bank_details["reference"] in words
    assert mine.post(confirm, {"why": ""}).status_code == 422
    assert theirs.post(confirm, {"why": "as in the bank's page"}).headers["Location"] == page
    assert imported(written).state == "BOOKED"


@pytest.mark.django_db(transaction=True)
def test_lines_of_a_file_that_nobody_confirmed_are_found(written, other, services):
    confirm_statement_file(file_id=written.pk, by=other, at=NOW)
    imported(written)
    assert check_books() == []
    assert looked_at_after("UPDATE payments_statementfile SET state = 'UNCONFIRMED'", check_books, services)


# --- what the second treasurer is shown -------------------------------------------------------------------------------
def page_of(file):
    return reverse("admin:payments_statementfile_change", args=[file.pk])


def test_every_line_is_shown_with_all_that_the_rules_read(desk, second):
    text = "words " * 25 + "and the last one says TTAAAAAAAA"
    rows = [Row(amount_minor=place, name=f"Payer {place}", text="x") for place in range(1, 260)]
    rows += [Row(amount_minor=7, text=text, account="DE777", reference="BANKREF9", name="<b>Last</b>")]
    content = mt940(rows).replace(
        b"?20x?31US120003?32Payer 259\r", b"?20EREF+E2E-259?21SVWZ+x?31US120003?32Payer 259\r"
    )
    file = imported(receive(content, by=desk))
    theirs = with_both_factors(second)
    pages = [theirs.get(page_of(file), {"page": page}).content.decode() for page in (1, 2, 3)]
    assert [sum(f"Payer {place}<" in words for place in range(1, 260)) for words in pages] == [99, 100, 60]
    for said in ("last one says TTAAAAAAAA", "DE777", "BANKREF9", "NTRF/166", "E2E-259", "&lt;b&gt;Last"):
        assert said in pages[2]
    assert "260 lines" in pages[0] and "Page 3 of 3" in pages[2]
    assert "/confirm/" in pages[2]
    assert "Page 3 of 3" in theirs.get(page_of(file), {"page": "99"}).content.decode()


def test_a_look_at_the_page_parses_nothing(written, second, monkeypatch):
    monkeypatch.setattr("payments.models.StatementChunk.objects.filter", None)
    assert "750.00" in with_both_factors(second).get(page_of(written)).content.decode()


def test_its_pages_go_once_it_is_read_and_its_days_stay(written, other):
    assert AheadPage.objects.filter(file=written).count() == 1
    confirm_statement_file(file_id=written.pk, by=other, at=NOW)
    imported(written)
    assert not AheadPage.objects.exists() and AheadStatement.objects.count() == 1


def test_several_statements_and_empty_ones_are_all_shown(desk, second):
    content = mt940([Row(amount_minor=5)]) + mt940([], opening_minor=5, number=2) + mt940([], opening_minor=5, number=3)
    file = imported(receive(content, by=desk))
    words = with_both_factors(second).get(page_of(file)).content.decode()
    assert [f"</strong> {number}/1:" in words for number in (1, 2, 3)] == [True] * 3


def test_the_file_is_given_as_it_came_and_never_shown(desk, treasurer, second, verifier):
    content = b"<html><script>alert(1)</script>"
    file = receive(content, by=desk, name='evil".html')
    address = reverse("admin:payments_statementfile_download", args=[file.pk])
    for person in (treasurer, second):
        answer = with_both_factors(person).get(address)
        assert b"".join(answer.streaming_content) == content
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{file.reference}.txt"'
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Length"] == str(len(content))
    assert with_both_factors(verifier).get(address).status_code == 403


# --- a refusal stays --------------------------------------------------------------------------------------------------
def test_who_sent_a_refused_file_has_it_read_again_in_no_way(written, waiting, desk, other, treasurer, second):
    refuse_statement_file(file_id=written.pk, why="the bank has another reference", by=other, at=NOW)
    with pytest.raises(RefusedToYou):
        read_statement_file_again(file_id=written.pk, by=desk, at=NOW)
    again = receive_statement_file(
        source=as_file(our_csv(waiting.bank_details["reference"])), file_name="again", by=desk, at=NOW
    )
    assert (again.is_new, again.file.state) == (False, "QUARANTINED")
    button = reverse("admin:payments_statementfile_read_again", args=[written.pk])
    mine, theirs = with_both_factors(treasurer), with_both_factors(second)
    assert button not in mine.get(page_of(written)).content.decode()
    assert mine.post(button, {"why": "please"}).status_code == 422
    assert button in theirs.get(page_of(written)).content.decode()
    assert state_of(waiting) == "PENDING"


def test_a_refusal_is_seen_by_whoever_is_asked_next(written, other, second):
    refuse_statement_file(file_id=written.pk, why="the bank has another reference", by=other, at=NOW)
    read_statement_file_again(file_id=written.pk, by=other, at=NOW)
    assert imported(written).problem_words == ""
    theirs = with_both_factors(second)
    confirm = reverse("admin:payments_statementfile_confirm", args=[written.pk])
    for page in (page_of(written), confirm):
        words = theirs.get(page).content.decode()
        assert "the bank has another reference" in words and "Linh Pham" in words


def test_a_refusal_is_seen_beside_the_same_day_in_another_file(written, waiting, desk, other, second):
    refuse_statement_file(file_id=written.pk, why="the bank has another reference", by=other, at=NOW)
    file = imported(receive(our_csv(waiting.bank_details["reference"]) + b"\n", by=desk))
    assert file.state == "UNCONFIRMED"
    words = with_both_factors(second).get(page_of(file)).content.decode()
    assert "another file of the same day" in words and "the bank has another reference" in words


def test_what_was_refused_is_read_when_the_banks_channel_brings_it(written, waiting, other):
    refuse_statement_file(file_id=written.pk, why="no", by=other, at=NOW)
    receive(our_csv(waiting.bank_details["reference"]))
    assert imported(written).state == "BOOKED" and state_of(waiting) == "SECURED"
