"""Each button of the treasurers stands where its action would do something for just this person, and nowhere else."""

from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from companies.models import User
from core.actors import platform as by_platform
from payments.actions.approval import approve_payout, decline_payout, decline_refund
from payments.actions.bank_orders import hand_over_batch, note_downloaded, reject_batch, reject_order
from payments.actions.books import note_self_check
from payments.actions.debts import write_off_debt
from payments.actions.desk import take_item_as_ours
from payments.actions.desk_cases import withdraw_proposal
from payments.actions.evidence import claim_evidence, record_evidence_sent
from payments.actions.gateway_lines import book_gateway_line, explain_gateway_line
from payments.actions.losses import charge_payee
from payments.actions.payout import request_payout
from payments.actions.refunds import retry_refund
from payments.actions.release import refund_rest
from payments.actions.sending import record_refund_failed
from payments.actions.statements import confirm_statement_file, refuse_statement_file
from payments.books import RecordLine, compare_with_gateway
from payments.exchanges.statements import import_file
from payments.models import (
    Account,
    BankBatch,
    BookedInto,
    Chargeback,
    DeskProposal,
    Difference,
    LossBearer,
)
from payments.models.account_codes import receivable
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW, actor
from tests.payments.bank.files import Row
from tests.payments.bank.steps import LATER, bring, item, receive, staff
from tests.payments.bank.test_written_files import our_csv
from tests.payments.bank.transfers import IBAN, PRICE, batch_by, came_back, handed_over, left, order
from tests.payments.chargebacks import charge_back, lose, payment_of
from tests.payments.steps import new_escrow, pay, release_all, sent_payout, sent_refund

pytestmark = pytest.mark.django_db

LARGE = 6_000_000
"""Cents: two treasurers approve it."""
VERBS: dict[str, tuple[str, ...]] = {
    "payout": ("approve", "decline"),
    "refund": ("approve", "decline", "send_again", "send_by_bank"),
    "bankbatch": ("download", "hand_over", "reject"),
    "bankorder": ("reject",),
    "chargeback": ("send_evidence",),
    "difference": ("take", "explain_as_cost", "explain_as_settling"),
    "statementfile": ("confirm", "refuse", "read_again"),
    "suspenseitem": ("send_back", "send_to", "ours", "settlement", "confirm", "withdraw"),
    "account": ("write_off",),
}


@pytest.fixture
def clients(treasurer: User, second: User) -> tuple[Client, Client]:
    """Two treasurers."""
    return with_both_factors(treasurer), with_both_factors(second)


def offered(client: Client, row: Any, page: str = "change") -> list[str]:
    name = row._meta.model_name
    text = client.get(reverse(f"admin:payments_{name}_{page}", args=[row.pk])).text
    return [verb for verb in VERBS[name] if f'href="{_address(name, verb, row)}"' in text]


def _address(name: str, verb: str, row: Any) -> str:
    try:
        return reverse(f"admin:payments_{name}_{verb}", args=[row.pk])
    except NoReverseMatch:
        last = DeskProposal.objects.order_by("pk").last()
        return reverse(f"admin:payments_{name}_{verb}", args=[row.pk, last.pk if last else 0])


def large_escrow(buyer: User, seller: User) -> Any:
    escrow = new_escrow(buyer, seller, amounts=[LARGE])
    pay(escrow, buyer)
    return escrow


def test_approvals_of_a_large_payout(clients, buyer_owner, seller_owner, treasurer, second, platform):
    escrow = large_escrow(buyer_owner, seller_owner)
    release_all(escrow)
    payout = request_payout(company_id=escrow.payee_id, currency="USD", by=platform, at=NOW)
    assert [offered(client, payout) for client in clients] == [["approve", "decline"]] * 2
    approve_payout(payout_id=payout.pk, by=actor(treasurer), at=NOW)
    assert [offered(client, payout) for client in clients] == [["decline"], ["approve", "decline"]]
    approve_payout(payout_id=payout.pk, by=actor(second), at=NOW)
    assert [offered(client, payout) for client in clients] == [["decline"]] * 2
    sent_payout(payout)
    assert [offered(client, payout) for client in clients] == [[]] * 2


def test_a_small_payout_and_a_stopped_one_wait_for_nobody(clients, payout, buyer_owner, seller_owner, treasurer):
    assert offered(clients[0], payout) == []
    (large,) = refund_rest(
        escrow_id=large_escrow(buyer_owner, seller_owner).pk, reason="cancelled", by=by_platform(), at=NOW
    )
    assert offered(clients[0], large) == ["approve", "decline"]
    decline_refund(refund_id=large.pk, why="Ask them first.", by=actor(treasurer), at=NOW)
    assert offered(clients[0], large) == ["send_again", "send_by_bank"]


def test_a_button_of_a_stale_page_still_refuses_in_words(clients, payout, treasurer):
    for verb in ("approve", "decline"):
        answer = clients[0].post(reverse(f"admin:payments_payout_{verb}", args=[payout.pk]), {"why": "seen"})
        assert (answer.status_code, "isn&#x27;t possible in the present state" in answer.text) == (422, True)


def test_a_refund_is_replaced_where_it_came_to_nothing(clients, bank, buyer_owner, seller_owner, treasurer, platform):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[100_000])
    pay(escrow, buyer_owner)
    (refund,) = refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform, at=NOW)
    assert offered(clients[0], refund) == []
    sent_refund(refund)
    record_refund_failed(refund_id=refund.pk, failure_code="card_closed", by=platform, at=NOW)
    assert offered(clients[0], refund) == ["send_again", "send_by_bank"]
    retry_refund(refund_id=refund.pk, by=actor(treasurer), at=NOW)
    assert offered(clients[0], refund) == []


def test_a_refund_that_went_by_bank_is_not_offered_to_go_by_bank(clients, refund, bank, treasurer):
    handed_over(treasurer)
    bank.says(left(PRICE))
    bank.says(came_back(PRICE))
    assert offered(clients[0], refund) == ["send_again"]


def test_a_file_for_the_bank(clients, payout, treasurer, second):
    batch = batch_by(treasurer)
    assert offered(clients[0], batch) == ["download", "reject"]
    note_downloaded(batch_id=batch.pk, by=actor(treasurer), at=NOW)
    assert offered(clients[0], batch) == ["download", "hand_over", "reject"]
    assert offered(clients[0], order()) == []
    hand_over_batch(batch_id=batch.pk, by=actor(treasurer), at=NOW)
    assert offered(clients[0], batch) == ["download", "reject"]
    reject_batch(batch_id=batch.pk, why="RJCT", by=actor(treasurer), at=NOW)
    assert [offered(client, batch) for client in clients] == [["download"], ["download", "reject"]]
    assert [offered(client, order()) for client in clients] == [[], ["reject"]]
    reject_batch(batch_id=batch.pk, why="RJCT", by=actor(second), at=NOW)
    assert [offered(client, batch) for client in clients] == [[]] * 2
    assert [offered(client, order()) for client in clients] == [[]] * 2


def test_a_transfer_that_a_statement_shows_is_not_rejected_any_more(clients, payout, bank, treasurer, second):
    batch = batch_by(treasurer)
    note_downloaded(batch_id=batch.pk, by=actor(treasurer), at=NOW)
    hand_over_batch(batch_id=batch.pk, by=actor(treasurer), at=NOW)
    reject_order(order_id=order().pk, why="RJCT", by=actor(treasurer), at=NOW)
    assert [offered(client, order()) for client in clients] == [[], ["reject"]]
    bank.says(left())
    assert [offered(client, order()) for client in clients] == [[]] * 2
    assert [offered(client, BankBatch.objects.get()) for client in clients] == [["download"]] * 2


def test_the_evidence_of_a_charge_back(clients, escrow, buyer_owner, platform):
    row = charge_back(pay(escrow, buyer_owner))
    assert offered(clients[0], row) == ["send_evidence"]
    Chargeback.objects.filter(pk=row.pk).update(evidence_wanted_at=NOW)
    claim_evidence(chargeback_id=row.pk, text="They came.", files=[], sha256="cd" * 32, by=platform, at=NOW)
    record_evidence_sent(chargeback_id=row.pk, by=platform, at=NOW)
    assert offered(clients[0], row) == []


def test_a_difference_and_a_line_that_nothing_explains(clients, treasurer, second):
    line = RecordLine("out", "other_out", "txn_9", 60, "USD")
    note_self_check(problems=compare_with_gateway(gateway="stripe", movements=[line]), at=NOW)
    row = Difference.objects.get()
    everything = ["take", "explain_as_cost", "explain_as_settling"]
    assert offered(clients[0], row) == everything
    for user, left_over in ((treasurer, ["take", "explain_as_settling"]), (second, ["take"])):
        explain_gateway_line(difference_id=row.pk, into=BookedInto.COSTS, why="Tax.", by=actor(user), at=NOW)
        assert offered(clients[0], row) == left_over
    assert offered(clients[1], row) == ["take"]
    note_self_check(problems=[], at=NOW)
    assert offered(clients[0], row) == []


def test_a_statement_file(clients, waiting, treasurer, second):
    file = receive(our_csv(waiting.bank_details["reference"]), by=staff(treasurer))
    assert offered(clients[1], file) == []
    import_file(file_id=file.pk, until=LATER)
    assert [offered(client, file) for client in clients] == [["refuse"], ["confirm", "refuse"]]
    refuse_statement_file(file_id=file.pk, why="No such line.", by=actor(treasurer), at=NOW)
    assert [offered(client, file) for client in clients] == [[], ["read_again"]]


def test_a_statement_file_that_is_booked(clients, waiting, treasurer, second):
    file = receive(our_csv(waiting.bank_details["reference"]), by=staff(treasurer))
    import_file(file_id=file.pk, until=LATER)
    confirm_statement_file(file_id=file.pk, by=actor(second), at=NOW)
    import_file(file_id=file.pk, until=LATER)
    assert [offered(client, file) for client in clients] == [[]] * 2


@pytest.mark.parametrize(
    ("amount_minor", "account", "first_words"),
    [(700, IBAN, ["send_back", "ours"]), (700, "12345", ["send_to", "ours"]), (-700, IBAN, ["ours"])],
)
def test_a_case_on_the_desk(clients, amount_minor, account, first_words):
    bring([Row(amount_minor=amount_minor, text="thanks", name="A Stranger Ltd", account=account)])
    assert offered(clients[0], item()) == first_words


def test_money_from_a_gateway_where_so_much_is_on_its_way(clients, platform):
    bring([Row(amount_minor=700, text="payout", name="Stripe", account=IBAN)])
    assert "settlement" not in offered(clients[0], item())
    book_gateway_line(
        gateway="stripe", kind="settlement", object_id="po_1", amount_minor=900, currency="USD", by=platform, at=NOW
    )
    assert "settlement" in offered(clients[0], item())


def test_a_proposal_on_the_desk_waits_for_another(clients, treasurer, second):
    bring([Row(amount_minor=700, text="thanks", name="A Stranger Ltd", account=IBAN)])
    take_item_as_ours(item_id=item().pk, why="interest", by=actor(treasurer), at=NOW)
    assert [offered(client, item()) for client in clients] == [["withdraw"], ["confirm", "withdraw"]]
    said = DeskProposal.objects.get()
    withdraw_proposal(proposal_id=said.pk, why="it is a buyer's", by=actor(second), at=NOW)
    assert [offered(client, item()) for client in clients] == [["send_back", "ours"]] * 2
    for user in (treasurer, second):
        take_item_as_ours(item_id=item().pk, why="interest", by=actor(user), at=NOW)
    assert [offered(client, item()) for client in clients] == [[]] * 2


def test_a_debt_is_written_off_once_by_each(clients, funded_escrow, treasurer, second, platform):
    release_all(funded_escrow)
    row = lose(charge_back(payment_of(funded_escrow), 1_000))
    Chargeback.objects.filter(pk=row.pk).update(bearer=LossBearer.UNDECIDED)
    charge_payee(chargeback_id=row.pk, by=platform, at=NOW)
    debt = Account.objects.get(code=receivable(funded_escrow.payee_id, "USD"))
    say = {"account_id": debt.pk, "seen_minor": debt.balance_minor, "why": "bankrupt", "at": NOW}
    assert [offered(client, debt, "transfers") for client in clients] == [["write_off"]] * 2
    write_off_debt(by=actor(treasurer), **say)
    assert [offered(client, debt, "transfers") for client in clients] == [[], ["write_off"]]
    write_off_debt(by=actor(second), **say)
    assert [offered(client, debt, "transfers") for client in clients] == [[]] * 2


def test_a_stopped_payout_is_left_alone(clients, buyer_owner, seller_owner, treasurer, platform):
    escrow = large_escrow(buyer_owner, seller_owner)
    release_all(escrow)
    payout = request_payout(company_id=escrow.payee_id, currency="USD", by=platform, at=NOW)
    decline_payout(payout_id=payout.pk, why="Send us the invoice.", by=actor(treasurer), at=NOW)
    assert offered(clients[0], payout) == []
