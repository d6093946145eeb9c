"""Staff and charge-backs: the list with age and evidence, the packet with its hash, and the button that asks first."""

import pytest
from django.core import mail
from django.urls import reverse

from companies.models import User
from core.actors import platform
from core.events import run_courier
from messaging.models import Notice
from payments.actions.evidence import claim_evidence, record_evidence_sent
from payments.chargeback_admin import evidence_state
from payments.models import Chargeback, Escrow
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW
from tests.payments.chargebacks import charge_back, lose
from tests.payments.steps import new_escrow, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def escrow(buyer_owner: User, seller_owner: User) -> Escrow:
    return new_escrow(buyer_owner, seller_owner)


@pytest.fixture
def row(escrow: Escrow, buyer_owner: User, treasurer: User) -> Chargeback:
    found = charge_back(pay(escrow, buyer_owner))
    run_courier()
    return found


def test_the_list_shows_age_and_evidence_and_the_button_asks_first(row, treasurer, arbiter):
    client, button = with_both_factors(treasurer), f"/admin/payments/chargeback/{row.pk}/send_evidence/"
    listed = client.get(reverse("admin:payments_chargeback_changelist")).content.decode()
    assert row.reference in listed and "USD 750.00" in listed and "waits" in listed
    asked = client.get(button).content.decode()
    assert 'maxlength="4000"' in asked and "takes one packet only" in asked
    row.refresh_from_db()
    assert row.evidence_wanted_at is None
    assert client.post(button, {"why": "x" * 4_001}).status_code == 422
    assert client.post(button, {"why": "Signed for at the door."}).status_code == 302
    row.refresh_from_db()
    assert (row.evidence_words, row.evidence_asked_by_id) == ("Signed for at the door.", treasurer.pk)
    assert with_both_factors(arbiter).post(button, {"why": "me too"}).status_code == 403


def test_what_was_sent_is_shown_with_its_hashes(row, treasurer):
    by = platform("gateway")
    Chargeback.objects.filter(pk=row.pk).update(evidence_wanted_at=NOW)
    file = {"name": "contract.pdf", "role": "terms", "media_type": "application/pdf", "size": 7, "sha256": "ab" * 32}
    claim_evidence(chargeback_id=row.pk, text="The goods arrived.", files=[file], sha256="cd" * 32, by=by, at=NOW)
    record_evidence_sent(chargeback_id=row.pk, by=by, at=NOW)
    row.refresh_from_db()
    assert evidence_state(row) == "sent"
    page = with_both_factors(treasurer).get(reverse("admin:payments_chargeback_change", args=[row.pk]))
    for words in ("ab" * 32, "cd" * 32, "The goods arrived.", "contract.pdf"):
        assert words in page.content.decode()


def subjects_of(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("title", flat=True))


def test_both_sides_and_the_treasurer_are_told(row, buyer_owner, seller_owner, treasurer):
    assert "PO-77: Your bank took a payment back · USD 750.00" in subjects_of(buyer_owner)[-1]
    assert "INV-9: The buyer's bank took a payment back · USD 750.00" in subjects_of(seller_owner)[-1]
    assert subjects_of(treasurer)[-1] == "Charged back: USD 750.00"
    lose(row)
    run_courier()
    assert "The payment stays with you" in subjects_of(buyer_owner)[-1]
    assert "The payment stays with the buyer" in subjects_of(seller_owner)[-1]
    assert mail.outbox == [], "mail is sent by its own task"
