"""What an order can show to a bank: its signed terms, the papers of its shipment, and how the goods were received."""

from datetime import datetime

from django.utils.translation import override

from core.money import format_money
from evidence.storage import read_object
from orders.contract_pdf import contract_pdf
from orders.models import Order, OrderState, Shipment, ShipmentDocument, Signature, StageProof, StageReport
from orders.process import Stage
from orders.queries import last_terms, timeline
from orders.trade_terms import TRADE_TERMS
from payments.packets import MOST_BYTES, EvidenceFile, EvidencePacket

TOLD_IN_PERSON = ("buyer", "seller", "collection")
"""Who may have told the arrival so that it is shown: the buyer, the seller with proof, a collection receipt."""


def collect(escrow_id: int, words: str, at: datetime) -> EvidencePacket:
    """The packet of the order of an escrow, in English, with the words of staff first. Reads files: no transaction.

    Files come as far as they fit into what gateways take; every paper is named in the text by its hash.
    """
    order = Order.objects.select_related("seller", "buyer", "escrow").get(escrow_id=escrow_id)
    with override("en"):
        files = [EvidenceFile(name="contract.pdf", role="terms", media_type="application/pdf", content=_terms(order))]
        papers = _papers(order)
        for paper in papers:
            if sum(len(file.content) for file in files) + paper.document.size_bytes <= MOST_BYTES:
                files.append(_file(paper))
        return EvidencePacket(text=_text(order, words, papers), files=tuple(files))


def has_complete_folder(order: Order) -> bool:
    """Whether the seller has shown all that the deal asked for: then the platform bears a lost charge-back.

    Of goods that left: the invoice, the packing list, the papers of the trade term, and a receipt that does not rest on
    silence. Of an order that ended before: a stage that counts.
    """
    shipment = Shipment.objects.filter(order=order).first()
    if shipment is None or shipment.shipped_at is None:
        return StageReport.objects.filter(order=order, counted_at__isnull=False).exists()
    shown = set(ShipmentDocument.objects.filter(shipment=shipment).values_list("role", flat=True))
    if StageProof.objects.filter(report__order=order, report__stage=Stage.PACKED).exists():
        shown.add("packing_list")
    needed = {"invoice", "packing_list", *TRADE_TERMS[order.incoterm].documents}
    return needed <= shown and (shipment.arrival_told_by in TOLD_IN_PERSON or _accepted_by_buyer(order))


def _accepted_by_buyer(order: Order) -> bool:
    return any(step.verb == "accept" and step.side == "buyer" for step in timeline(order))


def _terms(order: Order) -> bytes:
    return contract_pdf(order, last_terms(order))


def _papers(order: Order) -> list[ShipmentDocument]:
    """Sealed papers of the shipment, proof of delivery last."""
    rows = ShipmentDocument.objects.filter(shipment__order=order).select_related("document")
    return sorted(rows, key=lambda paper: (paper.role == "proof_of_delivery", paper.pk))


def _file(paper: ShipmentDocument) -> EvidenceFile:
    document = paper.document
    return EvidenceFile(
        name=f"{paper.role}-{document.file_name}"[:200],
        role="receipt" if paper.role == "proof_of_delivery" else "shipment",
        media_type=document.content_type,
        content=b"".join(read_object(document.object_key, document.version_id)),
    )


def _text(order: Order, words: str, papers: list[ShipmentDocument]) -> str:
    assert order.escrow is not None and order.buyer is not None
    terms = last_terms(order)
    price = format_money(order.escrow.total_minor, order.currency)
    lines = [
        words,
        f"Order {order.number}: {order.seller.name} sells to {order.buyer.name} for {price}, held in trade assurance.",
    ]
    if terms is not None:
        lines.append(f"The terms were signed by both sides. SHA-256 of the terms: {terms.sha256}")
        lines += [
            f"- {signature.side} signed at {signature.at:%Y-%m-%d %H:%M} UTC, {signature.identity.signed_from}"
            for signature in Signature.objects.filter(terms=terms).select_related("identity").order_by("at")
        ]
    lines += [_shipped_words(order), *(_paper_words(paper) for paper in papers), "What happened:"]
    lines += [f"- {step.at:%Y-%m-%d %H:%M} UTC {step.side}: {step.verb} ({step.state})" for step in timeline(order)]
    return "\n".join(line for line in lines if line)[:20_000]


def _shipped_words(order: Order) -> str:
    shipment = Shipment.objects.filter(order=order, shipped_at__isnull=False).first()
    if shipment is None:
        return "The goods have not left the seller: they are kept until the payment is replaced."
    words = f"Shipped on {shipment.dispatched_on} by {shipment.carrier}, number {shipment.transport_number}."
    if shipment.arrived_at is not None:
        words += f" Arrived on {shipment.arrived_at:%Y-%m-%d}, told by {shipment.arrival_told_by}."
    if order.state == OrderState.COMPLETED:
        words += f" Accepted on {order.ended_at:%Y-%m-%d}." if order.ended_at else ""
    return words


def _paper_words(paper: ShipmentDocument) -> str:
    return f"- {paper.role}: {paper.document.file_name}, SHA-256 {paper.document.sha256}"
