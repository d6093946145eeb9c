"""A wire by statement: what counts, what is booked where, to the cent; and nothing twice."""

from datetime import date
from functools import partial
from typing import Any

import pytest

from benchmarks.statement_files import ACCOUNT, camt053_lines, mt940_lines
from companies.models import User
from core.actors import platform as by_platform
from core.errors import Invalid, NotAllowed
from core.models import Alarm
from payments.actions.bank_booking import book_lines
from payments.actions.funding import stop_funding
from payments.actions.gateway_lines import book_gateway_line
from payments.actions.payout import request_payout
from payments.actions.sending import record_payout_paid
from payments.actions.statements import read_statement_file, receive_statement_file
from payments.bank_references import account_number, reference_of
from payments.books import check_books
from payments.candidates import deals_of
from payments.exchanges.reconcile import compare_with_gateway
from payments.exchanges.statements import import_file
from payments.models import (
    Allocation,
    BankLine,
    BankStatement,
    Escrow,
    Payment,
    Receipt,
    Refund,
    StatementFile,
    SuspenseItem,
)
from payments.models.account_codes import settling, suspense
from payments.queries import balance_minor
from tests.cast import NOW, actor
from tests.payments.bank.files import Row, as_file, mt940
from tests.payments.bank.steps import (
    LATER,
    allocated,
    bank_minor,
    bring,
    costs_minor,
    fall_due,
    follow_hints,
    item,
    line,
    money,
    outcomes,
    receive,
    why,
    wire,
)
from tests.payments.steps import DEPOSIT, Books, new_escrow, release_all, sent_payout, state_of, told

pytestmark = pytest.mark.django_db


def test_the_payer_is_told_a_reference_and_an_account_of_their_own(waiting: Payment) -> None:
    details = waiting.bank_details
    assert details["reference"] == reference_of(waiting.escrow_id)
    assert details["account_number"] == account_number(waiting.escrow_id, "SG:TADBUSD")
    assert (waiting.state, waiting.gateway) == ("PENDING", "bank")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("deposit {reference}", "the reference of TA-2026-000123 stands in the text"),
        ("to {account}", "paid to the account number of TA-2026-000123"),
        ("order ta 2026 000123", "the order number TA-2026-000123 stands in the text"),
        ("furniture", "TA-2026-000123 alone waits for this amount from this payer"),
    ],
)
def test_an_exact_wire_secures(waiting: Payment, escrow: Escrow, said: str, reason: str) -> None:
    text = said.format(
        **{"reference": waiting.bank_details["reference"], "account": waiting.bank_details["account_number"]}
    )
    file = bring([Row(amount_minor=DEPOSIT, text=text)])
    assert (file.state, outcomes(file), why(file)) == ("BOOKED", {"ALLOCATED": 1}, reason)
    assert state_of(waiting) == "SECURED"
    assert money(escrow) == {"held": DEPOSIT, "refund_due": 0, "payable": 0, "fees": 0, "bank": DEPOSIT}
    assert told("ThirdPartyPaid") == []


def test_short_within_the_allowance_counts_as_paid_and_joins_the_next(waiting: Payment, escrow: Escrow) -> None:
    bring([Row(amount_minor=DEPOSIT - 5000, text=waiting.bank_details["reference"])])
    assert state_of(waiting) == "SECURED"
    assert money(escrow)["held"] == DEPOSIT - 5000
    assert list(Refund.objects.all()) == []


def test_short_beyond_the_allowance_waits_for_the_rest(waiting: Payment, escrow: Escrow) -> None:
    reference = waiting.bank_details["reference"]
    bring([Row(amount_minor=DEPOSIT - 5001, text=reference)])
    assert state_of(waiting) == "PENDING"
    assert told("WireShort")[0]["missing_minor"] == 5001
    bring([Row(amount_minor=5001, text=reference)], number=2, opening_minor=DEPOSIT - 5001)
    assert state_of(waiting) == "SECURED"
    assert money(escrow) == {"held": DEPOSIT, "refund_due": 0, "payable": 0, "fees": 0, "bank": DEPOSIT}


def test_what_is_over_goes_back(waiting: Payment, escrow: Escrow) -> None:
    bring([Row(amount_minor=DEPOSIT + 1234, text=waiting.bank_details["reference"])])
    assert state_of(waiting) == "SECURED"
    assert money(escrow) == {"held": DEPOSIT, "refund_due": 1234, "payable": 0, "fees": 0, "bank": DEPOSIT + 1234}
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.reason, refund.gateway) == (1234, "over_payment", "bank")


def test_a_second_wire_for_the_same_goes_back_whole(waiting: Payment, escrow: Escrow) -> None:
    row = Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])
    file = bring([row, row])
    assert outcomes(file) == {"ALLOCATED": 2}
    assert money(escrow) == {"held": DEPOSIT, "refund_due": DEPOSIT, "payable": 0, "fees": 0, "bank": 2 * DEPOSIT}
    assert [refund.amount_minor for refund in Refund.objects.all()] == [DEPOSIT]


def test_another_currency_goes_back_in_it_and_both_are_told(waiting: Payment, escrow: Escrow) -> None:
    bring([Row(amount_minor=70_000, text=waiting.bank_details["reference"])], currency="EUR")
    assert deals_of([escrow.pk])[escrow.pk].missing_minor == DEPOSIT
    assert state_of(waiting) == "PENDING"
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.currency) == (70_000, "EUR")
    assert [(each["amount_minor"], each["currency"]) for each in told("OverpaymentReceived")] == [(70_000, "EUR")]
    assert money(escrow) == {"held": 0, "refund_due": 0, "payable": 0, "fees": 0, "bank": 0}


def test_late_money_goes_back_whole(waiting: Payment, escrow: Escrow) -> None:
    stop_funding(escrow_id=escrow.pk, reason="expired", by=by_platform(), at=NOW)
    bring([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])])
    assert state_of(escrow) == "CLOSED"
    assert money(escrow) == {"held": 0, "refund_due": DEPOSIT, "payable": 0, "fees": 0, "bank": DEPOSIT}
    assert Refund.objects.get().reason == "after_stop"


def test_a_third_partys_wire_counts_is_flagged_and_both_are_told(waiting: Payment, escrow: Escrow) -> None:
    file = bring([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"], name="Somebody Else GmbH")])
    assert state_of(waiting) == "SECURED"
    assert why(file).endswith("; the payer is not the buyer")
    assert Allocation.objects.get().is_third_party
    assert [(each["escrow_id"], each["amount_minor"]) for each in told("ThirdPartyPaid")] == [(escrow.pk, DEPOSIT)]


def test_two_orders_in_one_wire_are_split_when_it_is_exactly_both(
    waiting: Payment, escrow: Escrow, buyer_owner: User, seller_owner: User
) -> None:
    other = new_escrow(buyer_owner, seller_owner, amounts=(30_000,))
    second = wire(other, buyer_owner)
    text = f"{waiting.bank_details['reference']} {second.bank_details['reference']}"
    file = bring([Row(amount_minor=DEPOSIT + 30_000, text=text)])
    assert outcomes(file) == {"ALLOCATED": 1}
    assert (allocated(waiting), allocated(second)) == ([DEPOSIT], [30_000])
    assert (money(escrow)["held"], money(other)["held"]) == (DEPOSIT, 30_000)


def test_two_orders_in_one_wire_wait_on_the_desk_when_it_is_not(
    waiting: Payment, escrow: Escrow, buyer_owner: User, seller_owner: User
) -> None:
    second = wire(new_escrow(buyer_owner, seller_owner, amounts=(30_000,)), buyer_owner)
    text = f"{waiting.bank_details['reference']} {second.bank_details['reference']}"
    file = bring([Row(amount_minor=DEPOSIT + 30_001, text=text)])
    assert outcomes(file) == {"SUSPENSE": 1}
    assert item().suggested == [waiting.escrow_id, second.escrow_id]
    assert money(escrow)["held"] == 0


@pytest.mark.parametrize("text", ["", "for the furniture", "TTAAAAAAAA"])
def test_a_strangers_money_waits_in_an_account_of_its_own(waiting: Payment, escrow: Escrow, text: str) -> None:
    file = bring([Row(amount_minor=DEPOSIT, text=text, name="A Stranger Ltd")])
    assert outcomes(file) == {"SUSPENSE": 1}
    assert balance_minor(suspense(item().reference)) == DEPOSIT
    assert state_of(waiting) == "PENDING"
    assert money(escrow)["bank"] == DEPOSIT


def test_the_same_amount_twice_from_one_payer_is_nobodys_guess(
    waiting: Payment, buyer_owner: User, seller_owner: User
) -> None:
    wire(new_escrow(buyer_owner, seller_owner, amounts=(DEPOSIT,)), buyer_owner)
    file = bring([Row(amount_minor=DEPOSIT, text="furniture")])
    assert why(file) == "2 orders of this payer wait for this amount"
    assert len(item().suggested) == 2


def test_money_for_an_order_without_a_wire_begun_waits_with_a_suggestion(escrow: Escrow) -> None:
    file = bring([Row(amount_minor=DEPOSIT, text=reference_of(escrow.pk))])
    assert outcomes(file) == {"SUSPENSE": 1}
    assert item().suggested == [escrow.pk]


def test_charges_and_interest_of_the_bank_are_costs(waiting: Payment) -> None:
    file = bring(
        [
            Row(amount_minor=-1500, text="MONTHLY FEE", name="", account="", kind="NCHG"),
            Row(amount_minor=40, text="INTEREST", name="", account="", kind="NINT"),
        ],
        opening_minor=10_000,
    )
    assert outcomes(file) == {"COST": 1, "INTEREST": 1}
    assert (costs_minor(), bank_minor()) == (1460, -1460)


def test_money_that_left_without_an_order_alarms_and_is_a_case() -> None:
    file = bring([Row(amount_minor=-9900, text="INVOICE 77", name="Unknown Ltd")], opening_minor=10_000)
    assert outcomes(file) == {"UNORDERED": 1}
    assert (item().direction, item().state, bank_minor()) == ("out", "OPEN", 0)
    assert Alarm.objects.filter(kind="money_left_unordered", cleared_at=None).count() == 1


# --- nothing twice ----------------------------------------------------------------------------------------------------
def test_the_same_file_twice_changes_nothing(waiting: Payment, escrow: Escrow) -> None:
    rows = [Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"]), Row(amount_minor=5, name="X")]
    bring(rows)
    before = Books()
    again = receive_statement_file(source=as_file(mt940(rows)), file_name="again.sta", by=by_platform(), at=NOW)
    assert not again.is_new
    import_file(file_id=again.file.pk, until=LATER)
    assert follow_hints() == 0
    assert before.unchanged()
    assert StatementFile.objects.count() == 1


def test_the_same_lines_in_another_file_are_known(waiting: Payment) -> None:
    rows = [Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"]), Row(amount_minor=5), Row(amount_minor=5)]
    bring(rows)
    before = Books()
    again = bring(rows, number=7, opening_minor=0)
    assert outcomes(again) == {"DUPLICATE": 3}
    assert before.unchanged()
    assert line(again, 3).repeats_id != line(again, 2).repeats_id


def test_an_overlapping_statement_brings_only_what_is_new(waiting: Payment, escrow: Escrow) -> None:
    first = Row(amount_minor=100, name="X", reference="B1")
    bring([first])
    second = Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"], reference="B2")
    file = bring([first, second], number=2, opening_minor=0)
    assert outcomes(file) == {"DUPLICATE": 1, "ALLOCATED": 1}
    assert money(escrow)["bank"] == DEPOSIT + 100


def test_a_bank_reference_says_it_is_the_same_however_the_text_is_broken() -> None:
    bring([Row(amount_minor=100, text="for the chairs", name="X", reference="B1")])
    file = bring([Row(amount_minor=100, text="FOR/THE CHAIRS AND MORE", name="X Y", reference="B1")], opening_minor=0)
    assert outcomes(file) == {"DUPLICATE": 1}


@pytest.mark.parametrize("spelled", ["37040044/0532013000", "DE89370400440532013000EUR", "0532013000"])
def test_the_same_bookings_are_known_however_a_file_spells_our_account(settings: Any, spelled: str) -> None:
    settings.BANK_ACCOUNTS = {"EUR": ACCOUNT}
    short = "".join(mt940_lines(6)).replace(f":25:{ACCOUNT}", f":25:{spelled}").encode()
    assert spelled.encode() in short
    files = [
        import_file(file_id=receive(content).pk, until=LATER) for content in (short, "".join(camt053_lines(6)).encode())
    ]
    before = bank_minor("EUR")
    assert outcomes(files[1]) == {"DUPLICATE": 6}
    assert bank_minor("EUR") == before
    assert {statement.account for statement in BankStatement.objects.all()} == {ACCOUNT}
    assert not Alarm.objects.filter(kind="statement_gap", cleared_at=None).exists()


FEE = Row(amount_minor=-1500, name="", account="", kind="NCHG", text="WIRE FEE")


def test_equal_lines_without_a_reference_in_two_statements_of_a_day_both_count() -> None:
    bring([FEE], opening_minor=10_000, number=1)
    bring([Row(amount_minor=700, name="X")], opening_minor=8_500, number=2)
    file = bring([FEE, FEE], opening_minor=9_200, number=3)
    assert outcomes(file) == {"COST": 2}
    assert (costs_minor(), bank_minor()) == (4_500, 700 - 4_500)
    for again in (
        bring([FEE, FEE], opening_minor=9_200, number=4),
        bring([Row(amount_minor=700, name="X")], opening_minor=8_500, number=5),
        bring([FEE, Row(amount_minor=700, name="X"), FEE, FEE], opening_minor=10_000, number=6),
    ):
        assert set(outcomes(again)) == {"DUPLICATE"}
    assert check_books() == []


def test_a_day_that_ends_where_it_began_is_known_when_it_comes_again() -> None:
    rows = [FEE, Row(amount_minor=1500, name="X"), FEE, Row(amount_minor=1500, name="X")]
    bring(rows[:2], opening_minor=10_000, number=1)
    assert outcomes(bring(rows[:2], opening_minor=10_000, number=2)) == {"DUPLICATE": 2}
    assert check_books() == []


# --- what a file must be ----------------------------------------------------------------------------------------------
def test_a_file_that_does_not_add_up_is_quarantined_whole(waiting: Payment, escrow: Escrow) -> None:
    content = mt940([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])])
    before = Books()
    file = import_file(
        file_id=receive(content.replace(b":62F:C260303USD750,00", b":62F:C260303USD751,00")).pk, until=LATER
    )
    assert (file.state, file.lines) == ("QUARANTINED", 0)
    assert file.problem_line == 7 and file.problem_words
    assert not BankLine.objects.exists() and not BankStatement.objects.exists()
    assert before.unchanged()
    assert Alarm.objects.filter(kind="statement_quarantined", subject_id=file.pk).count() == 1


def test_a_statement_of_anothers_account_is_quarantined() -> None:
    content = mt940([Row(amount_minor=5)]).replace(b"TADBUSD0000000000", b"TADBUSD0000000001")
    file = import_file(file_id=receive(content).pk, until=LATER)
    assert (file.state, file.problem_code) == ("QUARANTINED", "not_our_account")


def test_an_empty_file_and_a_stranger_are_refused(stranger: User) -> None:
    with pytest.raises(Invalid):
        receive(b"")
    with pytest.raises(NotAllowed):
        receive(mt940([Row(amount_minor=5)]), by=actor(stranger))
    assert StatementFile.objects.count() == 0


def test_a_missing_statement_is_alarmed_until_it_comes() -> None:
    gap = Alarm.objects.filter(kind="statement_gap", cleared_at=None)
    bring([Row(amount_minor=100, name="X")], day=date(2026, 3, 3))
    file = bring([Row(amount_minor=300, name="Z")], day=date(2026, 3, 5), opening_minor=300, number=3)
    assert file.state == "BOOKED"
    assert "begins with USD 3.00, and no statement before it ends so" in gap.get().message
    bring([Row(amount_minor=200, name="Y")], day=date(2026, 3, 4), opening_minor=100, number=2)
    assert gap.count() == 0
    assert bank_minor() == 600


def test_nobody_books_a_file_within_the_hour_and_staff_are_alarmed() -> None:
    file = receive(mt940([Row(amount_minor=5)]))
    assert fall_due(file)
    assert Alarm.objects.filter(kind="statement_open", subject_id=file.pk).count() == 1
    import_file(file_id=file.pk, until=LATER)
    assert Alarm.objects.filter(kind="statement_open", cleared_at=None).count() == 0


def test_booking_goes_on_where_it_stopped(waiting: Payment, escrow: Escrow) -> None:
    rows = [Row(amount_minor=amount, name="X") for amount in range(1, 6)]
    rows += [Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])]
    file = receive(mt940(rows))
    read_statement_file(file_id=file.pk, by=by_platform(), at=NOW)
    book = partial(book_lines, file_id=file.pk, by=by_platform(), at=NOW, most=2)
    assert [(book().lines_booked, book().state)] == [(2, "READ")]
    assert check_books() == []
    assert (book().state, book().state) == ("BOOKED", "BOOKED")
    follow_hints()
    assert SuspenseItem.objects.count() == 5
    assert money(escrow)["bank"] == DEPOSIT + 15


def test_the_gateways_record_is_ours(waiting: Payment, escrow: Escrow) -> None:
    bring(
        [
            Row(amount_minor=DEPOSIT + 100, text=waiting.bank_details["reference"]),
            Row(amount_minor=700, name="X"),
            Row(amount_minor=-20, name="", account="", kind="NCHG", text="FEE"),
        ]
    )
    assert compare_with_gateway("bank") == []
    assert Receipt.objects.get().gateway == "bank"


def test_what_came_in_by_the_bank_may_be_paid_out_by_another_gateway(
    waiting: Payment, escrow: Escrow, seller_owner: User
) -> None:
    bring([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])])
    release_all(escrow)
    payout = request_payout(company_id=escrow.payee_id, currency="USD", by=by_platform(), at=NOW)
    assert payout is not None and payout.gateway == "sandbox"
    record_payout_paid(payout_id=sent_payout(payout).pk, by=by_platform(), at=NOW)
    assert (balance_minor("clearing:sandbox:USD"), bank_minor()) == (-payout.amount_minor, DEPOSIT)


@pytest.mark.parametrize("first", [0, 1])
def test_the_same_bookings_in_another_format_are_known(settings: Any, first: int) -> None:
    settings.BANK_ACCOUNTS = {"EUR": ACCOUNT}
    contents = ["".join(lines(6)).encode() for lines in (mt940_lines, camt053_lines)]
    files = [import_file(file_id=receive(contents[place]).pk, until=LATER) for place in (first, 1 - first)]
    assert [sum(outcomes(file).values()) for file in files] == [6, 6]
    assert outcomes(files[1]) == {"DUPLICATE": 6}
    assert not Alarm.objects.filter(kind="statement_gap", cleared_at=None).exists()


def test_what_another_gateway_paid_out_to_us_is_matched_once(settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = {"card": "stripe", "wire": "bank"}
    settle = partial(book_gateway_line, gateway="stripe", kind="settlement", currency="USD", by=by_platform(), at=NOW)
    settle(object_id="po_1", amount_minor=41_000)
    row = Row(amount_minor=41_000, text="STRIPE PAYOUT X7", name="Stripe Payments Europe")
    file = bring([row, row, Row(amount_minor=41_001, text="STRIPE PAYOUT X8", name="Stripe Payments Europe")])
    assert outcomes(file) == {"SETTLEMENT": 1, "SUSPENSE": 2}
    assert balance_minor(settling("USD")) == 0
    assert (bank_minor(), balance_minor("clearing:stripe:USD")) == (123_001, -41_000)
    assert compare_with_gateway("bank") == []
