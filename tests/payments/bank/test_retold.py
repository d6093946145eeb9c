"""A known line that says something else than before: nothing is booked, and staff are alarmed. Honest twins are not."""

from dataclasses import replace
from functools import partial

import pytest

from benchmarks.statement_files import ACCOUNT as OF_BENCHMARK
from benchmarks.statement_files import camt053_lines, mt940_lines
from core.models import Alarm
from payments.bank_references import reference_of, transfer_name
from payments.books import check_books
from payments.exchanges.statements import import_file
from payments.models import BankLine, Outcome
from payments.retold import names_apart, told_otherwise
from tests.admin.test_admin import with_both_factors
from tests.payments.bank.files import Row
from tests.payments.bank.steps import LATER, bring, follow_hints, outcomes, receive, why
from tests.payments.statements.bank_files import OTHER_CURRENCIES, READABLE
from tests.payments.statements.reading import lines_of, parts_of
from tests.payments.statements.test_bank_files import BANKS
from tests.payments.statements.writers import FORMATS, Statement
from tests.payments.steps import DEPOSIT, Books, new_escrow, state_of

alarms = partial(Alarm.objects.filter, kind="statement_line_differs", cleared_at=None)
NONE = frozenset()
SAID = BankLine(
    remittance=f"Order {reference_of(7)} depósito for the chairs",
    end_to_end="INV-2026-00017 second",
    counterparty_name="Müller Möbel und Söhne GmbH & Co. KG",
    counterparty_account="DE89370400440532013000",
)


def told(**changes):
    """The same line as another file tells it."""
    names = ("remittance", "end_to_end", "counterparty_name", "counterparty_account")
    return BankLine(**{name: getattr(SAID, name) for name in names} | changes)


def differs(**changes):
    """Both ways; as if there were whatever looks like an order's or a transfer's name."""
    other = told(**changes)
    apart = names_apart(SAID, other, {})
    assert told_otherwise(SAID, other, apart) == told_otherwise(other, SAID, apart)
    return told_otherwise(SAID, other, apart)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"remittance": f"ORDER/{reference_of(7)}/DEPOSITO FOR THE"},
        {"remittance": f"EREF+INV-2026-00017 second SVWZ+Order {reference_of(7)} dep?sito for the chairs"},
        {"remittance": f"order {reference_of(7)} dep.sito for the chairs"},
        {"end_to_end": ""},
        {"end_to_end": "INV-2026-00017"},
        {"counterparty_name": ""},
        {"counterparty_name": "MUELLER MOEBEL UND SOEHNE"},
        {"counterparty_name": "MULLER MOBEL UND SOHNE GMBH"},
        {"counterparty_name": "M.LLER M.BEL UND S.HNE GMBH"},
        {"counterparty_account": ""},
        {"counterparty_account": "37040044/0532013000"},
        {"counterparty_account": "DE89 3704 0044 0532 0130 00"},
    ],
)
def test_an_honest_twin_says_the_same(changes):
    assert differs(**changes) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"remittance": f"Order {reference_of(8)} depósito for the chairs"}, ["other references", "another text"]),
        ({"remittance": ""}, ["other references"]),
        ({"remittance": SAID.remittance + f" {reference_of(8)}"}, ["other references"]),
        ({"end_to_end": f"{SAID.end_to_end} {reference_of(8)}"}, ["other references"]),
        ({"end_to_end": reference_of(8)}, ["other references", "another end-to-end reference"]),
        ({"end_to_end": "INV-9"}, ["another end-to-end reference"]),
        ({"end_to_end": transfer_name("pyo_" + "k" * 20)}, ["other references", "another end-to-end reference"]),
        ({"counterparty_account": "DE89370400440532013001"}, ["another account"]),
        ({"counterparty_name": "Thief Trading Ltd"}, ["another name"]),
        ({"counterparty_name": "王小明"}, []),
    ],
)
def test_what_the_rules_go_by_is_told(changes, said):
    if changes.get("end_to_end", "").startswith("PYO"):
        assert "other references" in differs(**changes)
    else:
        assert set(said) <= set(differs(**changes))


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
def test_lines_of_real_banks_say_the_same_in_other_formats_and_cut(write):
    for name in READABLE:
        if name in OTHER_CURRENCIES:
            continue
        lines = [line for line in lines_of((BANKS / name).read_bytes()) if "?" not in line.remittance]
        statement = Statement(
            account="1", currency=lines[0].currency, number="1", opening=0, closing=moved(lines),
            opened_on=lines[0].booked_on, closed_on=lines[0].booked_on,
            lines=tuple(replace(line, counterparty_name=line.counterparty_name[:54], code="NTRF") for line in lines),
        )  # fmt: skip
        for line, again in zip(lines, lines_of(write(statement)), strict=True):
            cut = replace(
                again,
                remittance=again.remittance.upper()[:60],
                counterparty_name=again.counterparty_name[:27].upper(),
                counterparty_account=again.counterparty_account[-10:],
                end_to_end=again.end_to_end[:16],
            )
            assert (told_otherwise(line, again, NONE), told_otherwise(line, cut, NONE)) == ([], []), (name, line)


def moved(lines):
    return sum(line.amount_minor if line.direction == "in" else -line.amount_minor for line in lines)


# --- on their way into the books --------------------------------------------------------------------------------------
@pytest.fixture
def accomplice(buyer_owner, seller_owner):
    return new_escrow(buyer_owner, seller_owner, amounts=(30_000,))


@pytest.mark.django_db
def test_the_true_file_tells_on_a_forged_one_that_two_treasurers_believed(waiting, accomplice, treasurer):
    """The order's reference in a stranger's wire was replaced; all that a bank's page shows of it was left."""
    true = Row(amount_minor=DEPOSIT, text=f"for {reference_of(accomplice.pk)}", reference="B1", name="A Stranger Ltd")
    forged = replace(true, text=f"for {waiting.bank_details['reference']}")
    bring([forged, Row(amount_minor=5, reference="B2")])
    assert state_of(waiting) == "SECURED"
    before = Books()
    file = bring([true, Row(amount_minor=5, reference="B2")], opening_minor=0, number=2)
    assert (file.state, outcomes(file)) == ("BOOKED", {"DIFFERS": 1, "DUPLICATE": 1})
    assert before.unchanged()
    first = BankLine.objects.get(repeats=None, bank_reference="B1")
    assert why(file) == f"line 5 of {first.file.reference}, which came before, says other references, another text"
    alarm = alarms(subject_id=file.pk).get()
    assert "line 5" in alarm.message and first.file.reference in alarm.message and file.reference in alarm.message
    page = with_both_factors(treasurer).get(f"/admin/payments/statementfile/{file.pk}/change/", {"outcome": "DIFFERS"})
    assert "Known, and told otherwise before" in page.content.decode() and "other references" in page.content.decode()
    assert check_books() == []


@pytest.mark.django_db
def test_another_account_is_told_and_a_shorter_one_is_not():
    row = Row(amount_minor=100, reference="B1", account="DE89370400440532013000")
    bring([row])
    for number, account in enumerate(("0532013000", "", "DE89370400440532013000"), start=2):
        assert outcomes(bring([replace(row, account=account)], opening_minor=0, number=number)) == {"DUPLICATE": 1}
    assert not alarms().exists()
    file = bring([replace(row, account="DE02120300000000202051")], opening_minor=0, number=9)
    assert (outcomes(file), "another account" in why(file)) == ({"DIFFERS": 1}, True)
    assert alarms().count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("first", [0, 1])
def test_a_day_in_two_formats_alarms_nobody(settings, first):
    settings.BANK_ACCOUNTS = {"EUR": OF_BENCHMARK}
    contents = ["".join(lines(40)).encode() for lines in (mt940_lines, camt053_lines)]
    for place in (first, 1 - first):
        file = import_file(file_id=receive(contents[place]).pk, until=LATER)
    assert set(outcomes(file)) == {Outcome.DUPLICATE}
    assert not alarms().exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in READABLE if name.startswith(("jejik", "self-provided"))])
def test_a_real_banks_file_twice_alarms_nobody(settings, name):
    content = (BANKS / name).read_bytes()
    settings.BANK_ACCOUNTS = {"EUR": parts_of(content)[0].account}
    for again in (content, content.rstrip() + b"\r\n\r\n"):
        file = import_file(file_id=receive(again).pk, until=LATER)
        follow_hints()
    assert (file.state, set(outcomes(file)) <= {"DUPLICATE"}) == ("BOOKED", True)
    assert not alarms().exists()


@pytest.mark.django_db
def test_many_lines_are_one_alarm():
    rows = [Row(amount_minor=place, reference=f"B{place}", name=f"Payer {place}") for place in range(1, 31)]
    bring(rows)
    file = bring([replace(row, name="THIEF TRADING") for row in rows], opening_minor=0, number=2)
    assert outcomes(file) == {"DIFFERS": 30}
    alarm = alarms().get()
    assert "30 known lines are told otherwise" in alarm.message and alarm.message.count("another name") == 10
