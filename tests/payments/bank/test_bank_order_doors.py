"""The treasurer's buttons for money out."""

import pytest
from django.urls import reverse

from companies.models import PayoutAccount
from payments.actions.payout import request_payout
from payments.models import BankBatch, SendState
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW
from tests.payments.bank.transfers import order
from tests.payments.steps import new_escrow, pay, release_all, state_of
from tests.payments.test_pain001 import check_structure

pytestmark = pytest.mark.django_db


def test_a_treasurer_makes_downloads_and_hands_over(payout, treasurer, second):
    office, other = with_both_factors(treasurer), with_both_factors(second)
    list_page = reverse("admin:payments_bankbatch_changelist")
    ask = reverse("admin:payments_bankbatch_make")
    assert "1 transfer, USD 2,450.00" in office.get(ask).text and not BankBatch.objects.exists()
    assert office.post(ask, {"why": ""}).url == list_page
    batch = BankBatch.objects.get()
    first = office.get(reverse("admin:payments_bankbatch_download", args=[batch.pk]))
    again = other.get(reverse("admin:payments_bankbatch_download", args=[batch.pk]))
    assert first.content == again.content and first["Content-Disposition"].endswith(f'"{batch.message_id}.xml"')
    check_structure(first.content.decode().partition("\n")[2])
    office.post(reverse("admin:payments_bankbatch_hand_over", args=[batch.pk]), {"why": "uploaded at 10:00"})
    assert BankBatch.objects.get().state == "HANDED_OVER"
    twice = office.post(reverse("admin:payments_bankbatch_hand_over", args=[batch.pk]), {"why": "x"}, follow=True)
    assert "Nothing was changed" in twice.text
    for client in (office, other):
        client.post(reverse("admin:payments_bankorder_reject", args=[order().pk]), {"why": "RJCT AC01"})
    assert order().state == "REJECTED"
    shown = office.get(reverse("admin:payments_bankorder_change", args=[order().pk])).text
    assert "RJCT AC01" in shown and office.get(list_page).status_code == 200


def test_no_file_is_said_to_be_made_of_what_fell_out(payout, treasurer):
    PayoutAccount.objects.filter(company_id=payout.company_id).update(removed_at=NOW)
    answer = with_both_factors(treasurer).post(reverse("admin:payments_bankbatch_make"), {"why": ""}, follow=True)
    assert "No file was made" in answer.text and not BankBatch.objects.exists()


def test_a_large_payout_is_approved_in_the_admin(buyer_owner, seller_owner, treasurer, second, platform):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[6_000_000])
    pay(escrow, buyer_owner)
    release_all(escrow)
    large = request_payout(company_id=escrow.payee_id, currency="USD", by=platform, at=NOW)
    page = reverse("admin:payments_payout_approve", args=[large.pk])
    clients = [with_both_factors(user) for user in (treasurer, second)]
    assert "USD 58,800.00" in clients[0].get(page).text
    clients[0].post(page, {"why": "seen"})
    assert "approved this already" in clients[0].post(page, {"why": "seen"}).text
    assert state_of(large) == SendState.REQUESTED
    clients[1].post(page, {"why": "seen"})
    assert state_of(large) == SendState.APPROVED
    assert "2 / 2" in clients[0].get(reverse("admin:payments_payout_change", args=[large.pk])).text
