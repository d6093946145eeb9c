"""A packet of evidence as Stripe takes it: one story, and at most one file for each of its own places."""

from io import BytesIO
from typing import Any

from payments.gateways.stripe_calls import Document, ask, document
from payments.packets import EvidenceFile, EvidencePacket

PLACES = {
    "terms": "service_documentation",
    "shipment": "shipping_documentation",
    "receipt": "customer_communication",
    "other": "uncategorized_file",
}
"""Our role of a paper -> where Stripe takes it: a signed contract, proof of shipment, what the buyer wrote."""

MOST_TEXT = 20_000


def submit_packet(api: Any, *, key: str, dispute_id: str, packet: EvidencePacket) -> Document:
    """Upload the papers and hand all in. Repeats have one effect: every call goes under a key of its own.

    Stripe takes one file for each place: the first of a role goes in, the others are named by their hash in the words.
    Raises Unanswered, Rejected.
    """
    chosen = _chosen(packet)
    evidence = {place: _upload(api, f"{key}:{place}", file) for place, file in chosen.items()}
    evidence["uncategorized_text"] = _text(packet, list(chosen.values()))
    params = {"evidence": evidence, "submit": True}
    return document(ask(lambda: api.disputes.update(dispute_id, params, {"idempotency_key": key})))


def _chosen(packet: EvidencePacket) -> dict[str, EvidenceFile]:
    chosen: dict[str, EvidenceFile] = {}
    for file in packet.files:
        chosen.setdefault(PLACES[file.role], file)
    return chosen


def _upload(api: Any, key: str, file: EvidenceFile) -> str:
    content = BytesIO(file.content)
    content.name = file.name
    params = {"purpose": "dispute_evidence", "file": content}
    return str(document(ask(lambda: api.files.create(params, {"idempotency_key": key})))["id"])


def _text(packet: EvidencePacket, sent: list[EvidenceFile]) -> str:
    left = [f"{file.role}: {file.name}, SHA-256 {file.sha256}" for file in packet.files if file not in sent]
    named = "\n\nFurther papers, kept by the platform:\n" + "\n".join(left) if left else ""
    return packet.text[: max(MOST_TEXT - len(named), 0)] + named[:MOST_TEXT]
