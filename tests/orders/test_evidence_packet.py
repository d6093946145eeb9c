"""What an order can show to a bank: everything by its hash, the files as far as they fit."""

import hashlib

import pytest

from orders import evidence_packet
from orders.evidence_packet import collect
from orders.models import Terms
from payments.packets import EvidencePacket
from tests.cast import NOW
from tests.orders.stages import ARRIVED_AT


def packet_of(order, words: str = "") -> EvidencePacket:
    return collect(order.escrow_id, words, NOW)


def test_it_has_the_terms_the_papers_and_the_story(delivered_order):
    packet = packet_of(delivered_order, "Signed for at the door.")
    assert [(file.role, file.media_type) for file in packet.files][0] == ("terms", "application/pdf")
    assert {file.role for file in packet.files} == {"terms", "shipment"}
    assert packet.text.startswith("Signed for at the door.\nOrder ")
    assert Terms.objects.filter(order=delivered_order).latest("pk").sha256 in packet.text
    assert f"Arrived on {ARRIVED_AT:%Y-%m-%d}, told by buyer." in packet.text
    for file in packet.files[1:]:
        assert hashlib.sha256(file.content).hexdigest() in packet.text, "each paper is named by its hash"


def test_the_same_order_gives_the_same_packet_and_other_words_another(delivered_order):
    assert packet_of(delivered_order).sha256 == packet_of(delivered_order).sha256
    assert packet_of(delivered_order).sha256 != packet_of(delivered_order, "More").sha256


def test_papers_that_do_not_fit_are_only_named(delivered_order, monkeypatch: pytest.MonkeyPatch):
    whole = packet_of(delivered_order)
    monkeypatch.setattr(evidence_packet, "MOST_BYTES", len(whole.files[0].content))
    packet = packet_of(delivered_order)
    assert [file.role for file in packet.files] == ["terms"]
    assert packet.text == whole.text


def test_goods_that_stay_are_said_to_stay(paid_order):
    packet = packet_of(paid_order)
    assert [file.role for file in packet.files] == ["terms"]
    assert "have not left the seller" in packet.text
