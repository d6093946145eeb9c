"""Each check finds what it is for: one lie is told at a time, as the superuser, and taken back by the rollback."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from core import clock
from core.models import Alarm, Deadline, Heartbeat
from core.money import format_money
from payments.actions.books import SELF_CHECK, SELF_CHECK_ALARM, note_self_check, watch_self_check
from payments.actions.gateway_lines import book_gateway_line
from payments.actions.payout import request_payout
from payments.actions.release import refund_rest
from payments.actions.sending import BOOKS_ALARM, record_payout_paid, record_refund_paid
from payments.books import RecordLine, check_books, compare_with_gateway
from payments.models import Account, Payout, Receipt, Refund, Transfer
from payments.self_check import run_self_check
from tests.cast import NOW, company_of
from tests.payments.lies import looked_at_after
from tests.payments.steps import money, new_escrow, pay, receive, release_all, sent_payout, sent_refund, start

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deals(buyer_owner, seller_owner, platform):
    """Paid out, refunded, to be refunded, released and waiting, with an open payment, with a short wire."""
    paid_out, refunded, open_refund, released, waiting, short = (
        new_escrow(buyer_owner, seller_owner, amounts=[10_000]) for _number in range(6)
    )
    for escrow in (paid_out, refunded, open_refund, released):
        pay(escrow, buyer_owner)
    release_all(paid_out)
    payout = request_payout(company_id=company_of(seller_owner).pk, currency="USD", by=platform, at=NOW)
    record_payout_paid(payout_id=sent_payout(payout).pk, by=platform, at=NOW)
    for escrow in (refunded, open_refund):
        refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform, at=NOW)
    record_refund_paid(refund_id=sent_refund(Refund.objects.get(escrow=refunded)).pk, by=platform, at=NOW)
    release_all(released)
    for kind in ("cost", "settlement_return"):
        line = {"gateway": "stripe", "kind": kind, "object_id": "txn_1", "amount_minor": 30, "currency": "USD"}
        assert [book_gateway_line(**line, by=platform, at=NOW) for _ in range(2)] == [True, False]
    start(waiting, buyer_owner)
    receive(start(short, buyer_owner, method="wire"), money(1_000))
    return {"paid_out": paid_out, "refunded": refunded, "released": released, "waiting": waiting, "short": short}


LIES = [
    ("balance_is_sum_of_transfers", "UPDATE payments_account SET balance_minor = 9 WHERE kind = 'HELD'"),
    ("balance_is_sum_of_transfers", "UPDATE payments_transfer SET amount_minor = amount_minor + 1 WHERE kind = 'FUND'"),
    ("entries_run", "UPDATE payments_entry SET balance_minor = balance_minor + 1"),
    ("entries_run", "UPDATE payments_account SET version = version + 1 WHERE kind = 'HELD'"),
    ("entries_run", "UPDATE payments_entry SET entered_at = now() - version * interval '1 day'"),
    ("entries_belong", "DELETE FROM payments_entry WHERE version = 1"),
    ("entries_belong", "UPDATE payments_entry SET change_minor = change_minor + 1"),
    ("one_currency", "UPDATE payments_transfer SET currency = 'EUR' WHERE kind = 'FEE'"),
    ("what_came_in_is_somewhere", "UPDATE payments_receipt SET amount_minor = amount_minor + 1"),
    ("receipts_are_booked", "DELETE FROM payments_transfer WHERE kind = 'FUND'"),
    ("receipts_are_booked", "UPDATE payments_receipt SET held_minor = held_minor - 1"),
    ("payments_sum_their_receipts", "UPDATE payments_payment SET received_minor = received_minor + 1"),
    ("payer_fees_are_set_apart", "UPDATE payments_payment SET fee_minor = 1 WHERE state = 'SECURED'"),
    ("payer_fees_are_set_apart", "UPDATE payments_payment SET fee_minor = 1, fee_refunded_minor = 1"),
    ("releases_are_booked", "UPDATE payments_release SET payer_fee_minor = 1"),
    ("secured_means_received", "UPDATE payments_payment SET amount_minor = amount_minor + 1 WHERE state = 'SECURED'"),
    ("secured_means_received", "UPDATE payments_instalment SET secured_at = now() WHERE secured_at IS NULL"),
    ("unsecured_holds_nothing", "UPDATE payments_payment SET state = 'FAILED' WHERE received_minor = 1000"),
    ("state_claims", "UPDATE payments_escrow SET state = 'FUNDED' WHERE state = 'CLOSED'"),
    ("state_claims", "UPDATE payments_escrow SET state = 'AWAITING_FUNDS' WHERE state = 'PARTLY_FUNDED'"),
    ("state_claims", "UPDATE payments_escrow SET state = 'CLOSED' WHERE state = 'PARTLY_FUNDED'"),
    ("releases_are_booked", "DELETE FROM payments_transfer WHERE kind = 'RELEASE'"),
    ("releases_are_booked", "DELETE FROM payments_release"),
    ("fees_add_up", "UPDATE payments_release SET fee_minor = fee_minor + 1"),
    ("refund_due_has_refunds", "DELETE FROM payments_refund WHERE state = 'REQUESTED'"),
    ("refunds_are_booked", "DELETE FROM payments_transfer WHERE kind = 'REFUND_PAID'"),
    ("refunds_are_booked", "UPDATE payments_refund SET state = 'PAID'"),
    ("payable_has_releases", "UPDATE payments_release SET payout_id = NULL"),
    ("payouts_are_booked", "UPDATE payments_payout SET state = 'SENT'"),
    ("payouts_are_booked", "DELETE FROM payments_transfer WHERE kind = 'PAYOUT_PAID'"),
    ("large_ones_are_approved", "UPDATE payments_payout SET amount_minor = 6000000"),
    ("large_ones_are_approved", "UPDATE payments_refund SET approvals_needed = 2, approved_at = now()"),
    ("large_ones_are_approved", "UPDATE payments_refund SET gateway = 'bank' WHERE state = 'REQUESTED'"),
    ("gateway_lines_fit", "UPDATE payments_transfer SET kind = 'SETTLEMENT' WHERE key = 'cost:stripe:txn_1'"),
    ("gateway_lines_fit", "UPDATE payments_transfer SET key = replace(key, '_return', '') WHERE key LIKE 'settl%'"),
    ("payments_have_clocks", "UPDATE core_deadline SET state = 'CANCELLED' WHERE kind = 'payment_open'"),
    ("refunds_have_clocks", "UPDATE core_deadline SET state = 'DONE' WHERE kind = 'refund_overdue'"),
    ("payouts_have_clocks", "UPDATE payments_payout SET state = 'UNKNOWN'"),
    ("payable_has_clock", "UPDATE payments_transfer SET booked_at = booked_at - interval '25 hours'"),
    (
        "closing_is_sum_of_transfers",
        "INSERT INTO payments_dailyclosing (account_id, through, balance_minor)"
        " SELECT id, now(), 7 FROM payments_account WHERE kind = 'FEES'",
    ),
]


@pytest.fixture
def lie(services, deals):
    """Tell a lie on a connection that may, look at what the checks say through it, and roll it back."""

    def tell(sql: str, look=check_books) -> set[str]:
        def names() -> tuple[set[str], set[str]]:
            scoped = check_books([escrow.pk for escrow in deals.values()])
            return {problem.check for problem in look()}, {problem.check for problem in scoped}

        found, scoped = looked_at_after(sql, names, services)
        assert scoped <= found or look is not check_books
        return found

    return tell


@pytest.mark.parametrize(("check", "sql"), LIES, ids=[f"{check}-{number}" for number, (check, _) in enumerate(LIES)])
def test_a_lie_is_found(lie, check, sql):
    assert check in lie(sql)


WHOSE_LIES = [
    ("releases_go_to_the_payee", "UPDATE payments_release SET payable_id = payable_id + 1"),
    (
        "releases_go_to_the_payee",
        "UPDATE payments_transfer SET credit_id = (SELECT min(id) FROM payments_account WHERE kind = 'REFUND_DUE')"
        " WHERE kind = 'RELEASE'",
    ),
    ("payouts_go_to_the_owner", "UPDATE payments_payout SET company_id = company_id + 1"),
    ("payouts_go_to_the_owner", "UPDATE companies_payoutaccount SET company_id = company_id + 1"),
    ("payouts_go_to_the_owner", "UPDATE payments_payout SET currency = 'EUR'"),
    ("payouts_are_their_releases", "UPDATE payments_payout SET amount_minor = amount_minor - 1"),
    (
        "payouts_are_their_releases",
        "UPDATE payments_release SET payout_id = (SELECT min(id) FROM payments_payout) WHERE payout_id IS NULL",
    ),
    ("accounts_are_whose_they_say", "UPDATE payments_account SET company_id = company_id + 1 WHERE kind = 'PAYABLE'"),
    ("accounts_are_whose_they_say", "UPDATE payments_account SET currency = 'EUR' WHERE kind = 'HELD'"),
    ("accounts_are_whose_they_say", "UPDATE payments_account SET currency = 'EUR' WHERE kind = 'PAYABLE'"),
    ("accounts_are_whose_they_say", "UPDATE payments_account SET code = code || '0' WHERE kind = 'IN_TRANSIT'"),
    ("states_are_what_history_tells", "UPDATE payments_refund SET state = 'UNKNOWN'"),
    ("states_are_what_history_tells", "UPDATE payments_escrow SET state = 'FUNDED' WHERE state = 'CLOSED'"),
    ("states_are_what_history_tells", "DELETE FROM core_transition WHERE target = 'PAID'"),
]


def test_lies_about_whose_the_money_is_are_found(lie):
    found = [(check, sql, check in lie(sql)) for check, sql in WHOSE_LIES]
    assert [row for row in found if not row[2]] == []


@pytest.mark.parametrize("kind", ["HELD", "REFUND_DUE", "FROZEN", "PAYABLE", "RECEIVABLE", "IN_TRANSIT"])
def test_an_account_without_its_owner_is_refused_by_the_database(kind):
    with pytest.raises(IntegrityError, match="account_has_its_owner"), transaction.atomic():
        Account.objects.create(code="nobody's", kind=kind, currency="USD", balance_minor=0)


def test_a_wrong_closing_is_found_and_those_built_on_it_too(lie):
    """Each closing is the one before and what was booked between: the first and the second of two are told apart."""
    close = (
        "INSERT INTO payments_dailyclosing (account_id, through, balance_minor)"
        " SELECT account.id, day.through, day.balance FROM payments_account account,"
        " (VALUES (now() - interval '2 days', {}), (now() - interval '1 day', {})) AS day (through, balance)"
        " WHERE account.kind = 'FEES'"
    )
    words = [
        [problem.words for problem in lie_told(lie, close.format(first, second))]
        for first, second in ((0, 0), (7, 7), (0, 7))
    ]
    assert [len(each) for each in words] == [0, 1, 1]
    assert "closed with 7 after 0" in words[1][0] and "closed with 7 after 0" in words[2][0]


def lie_told(lie, sql):
    """The problems of closings, in full."""
    found = []

    def look():
        found[:] = [problem for problem in check_books() if problem.check == "closing_is_sum_of_transfers"]
        return found

    lie(sql, look)
    return found


def test_the_truth_is_believed(deals):
    assert check_books() == []
    assert check_books([deals["released"].pk]) == []


def test_the_command_says_so(deals, capsys):
    call_command("check_books")
    assert "balance" in capsys.readouterr().out


def test_the_command_fails_with_words(deals, capsys):
    live = Deadline.objects.filter(kind="payment_open")
    kept = list(live.values_list("pk", "state"))
    live.update(state="CANCELLED")
    with pytest.raises(CommandError):
        call_command("check_books")
    assert "payments_have_clocks: pay_" in capsys.readouterr().err
    for pk, state in kept:
        Deadline.objects.filter(pk=pk).update(state=state)


# --- beside the gateway -----------------------------------------------------------------------------------------------
def the_gateways_record():
    lines = [
        RecordLine("in", "receipt", each.gateway_receipt_id, each.amount_minor, each.currency)
        for each in Receipt.objects.all()
    ]
    lines += [
        RecordLine("out", "refund", each.gateway_id, each.amount_minor, each.currency)
        for each in Refund.objects.filter(state="PAID")
    ]
    return lines + [
        RecordLine("out", "payout", each.gateway_id, each.amount_minor, each.currency)
        for each in Payout.objects.filter(state="PAID")
    ]


def self_check(*records):
    """The problems of a self-check that is given these records of the sandbox gateway, one a look; the last again."""
    left = list(records)
    return run_self_check(
        gateways=["sandbox"],
        fetch=lambda _name: left.pop(0) if len(left) > 1 else left[0],
        at=NOW,
        before_next_look=lambda: None,
    )


def is_stopped():
    return Alarm.objects.filter(kind=BOOKS_ALARM, cleared_at__isnull=True).exists()


def test_the_same_record_agrees(deals):
    assert compare_with_gateway(gateway="sandbox", movements=the_gateways_record()) == []
    assert self_check(the_gateways_record()) == []


def test_a_line_too_few_too_many_or_other_is_a_problem(deals):
    record = the_gateways_record()
    first = record[0]
    wrong = [
        record[1:],
        [*record, RecordLine("in", "receipt", "sx_unknown", 5, "USD")],
        [RecordLine("in", "receipt", first.object_id, first.amount_minor + 1, "USD"), *record[1:]],
        [RecordLine("in", "receipt", first.object_id, first.amount_minor, "EUR"), *record[1:]],
    ]
    for lines in wrong:
        checks = {problem.check for problem in compare_with_gateway(gateway="sandbox", movements=lines)}
        assert checks == {"gateway_line"}


def test_a_line_that_the_gateway_has_twice_is_a_problem(deals):
    record = the_gateways_record()
    [problem] = compare_with_gateway(gateway="sandbox", movements=[*record, record[0]])
    line = format_money(record[0].amount_minor, record[0].currency)
    assert problem.words.endswith(f"ours {line}, theirs {line} and {line}")


def test_money_booked_at_a_gateway_without_a_line_of_ours_is_a_problem(lie):
    words = lie(
        "UPDATE payments_transfer SET amount_minor = amount_minor + 7 WHERE kind = 'PAYOUT_PAID'",
        lambda: compare_with_gateway(gateway="sandbox", movements=the_gateways_record()),
    )
    assert words == {"gateway_total"}


def test_a_difference_raises_the_alarm_and_agreement_clears_it(deals):
    assert self_check(the_gateways_record()[1:])
    assert "gateway_line" in Alarm.objects.get(kind=BOOKS_ALARM, cleared_at__isnull=True).message
    self_check(the_gateways_record())
    assert not is_stopped()


def test_money_on_its_way_at_each_look_stops_nothing(deals):
    """A busy platform: every look finds a difference, and never the same one twice."""
    record = the_gateways_record()
    assert self_check(record[1:], [record[0], *record[2:]], [*record[:2], *record[3:]]) == []
    assert not Alarm.objects.filter(kind=BOOKS_ALARM).exists()


def test_what_is_there_at_each_look_is_told_and_nothing_else(deals):
    record = the_gateways_record()
    [problem] = self_check(record[1:], record[2:], [*record[1:2], *record[3:]])
    assert record[0].object_id in problem.words


@pytest.mark.parametrize("second", [None, []], ids=["at once", "at the second look"])
def test_an_unread_record_is_no_clean_check(deals, second):
    self_check(the_gateways_record()[1:])
    ran_at = Heartbeat.objects.get(name=SELF_CHECK).beat_at
    records = [None] if second is None else [the_gateways_record()[2:], None]
    assert self_check(*records) == []
    assert is_stopped()
    assert Heartbeat.objects.get(name=SELF_CHECK).beat_at == ran_at


def test_an_unread_record_stops_nothing_by_itself(deals):
    assert self_check(None) == []
    assert not is_stopped()
    assert not Heartbeat.objects.filter(name=SELF_CHECK).exists()


def test_the_own_books_are_checked_without_the_record(deals):
    live = Deadline.objects.filter(kind="payment_open")
    kept = list(live.values_list("pk", "state"))
    live.update(state="CANCELLED")
    assert self_check(None)
    assert is_stopped()
    for pk, state in kept:
        Deadline.objects.filter(pk=pk).update(state=state)


# --- who checks that they are checked ---------------------------------------------------------------------------------
def watch(wall):
    """Whether it is missing, and whether staff have an alarm about it."""
    return watch_self_check(wall=wall), Alarm.objects.filter(kind=SELF_CHECK_ALARM, cleared_at__isnull=True).exists()


def test_a_night_without_a_self_check_is_alarmed_until_the_next_run():
    note_self_check(problems=[], at=NOW)
    ran_at = Heartbeat.objects.get(name=SELF_CHECK).beat_at
    assert watch(ran_at + timedelta(hours=36)) == (False, False)
    assert watch(ran_at + timedelta(hours=36, seconds=1)) == (True, True)
    note_self_check(problems=[], at=NOW)
    assert watch(clock.wall()) == (False, False)


def test_a_self_check_that_never_ran_is_alarmed_a_day_after_the_first_payout(funded_escrow, seller_owner, platform):
    assert watch(NOW + timedelta(days=9)) == (False, False)
    release_all(funded_escrow)
    payout = request_payout(company_id=funded_escrow.payee_id, currency="USD", by=platform, at=NOW)
    booked_at = Transfer.objects.get(key=f"{payout.idempotency_key}:requested").booked_at
    assert booked_at != NOW, "wall time: the business clock of a demo stands elsewhere"
    assert watch(booked_at + timedelta(hours=24)) == (False, False)
    assert watch(booked_at + timedelta(hours=24, seconds=1)) == (True, True)
