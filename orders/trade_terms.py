"""Incoterms 2020 as data: who carries, where risk passes, what proves delivery (rules, section 7)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Incoterm(models.TextChoices):
    EXW = "EXW", _("EXW Ex Works")
    FCA = "FCA", _("FCA Free Carrier")
    FAS = "FAS", _("FAS Free Alongside Ship")
    FOB = "FOB", _("FOB Free On Board")
    CFR = "CFR", _("CFR Cost and Freight")
    CIF = "CIF", _("CIF Cost, Insurance and Freight")
    CPT = "CPT", _("CPT Carriage Paid To")
    CIP = "CIP", _("CIP Carriage and Insurance Paid To")
    DAP = "DAP", _("DAP Delivered at Place")
    DPU = "DPU", _("DPU Delivered at Place Unloaded")
    DDP = "DDP", _("DDP Delivered Duty Paid")


class TransportMode(models.TextChoices):
    SEA = "sea", _("Sea")
    AIR = "air", _("Air")
    LAND = "land", _("Road or rail")
    EXPRESS = "express", _("Express courier")


@dataclass(frozen=True)
class TradeTerm:
    """One row. `documents` are kinds of evidence that shipping must show; `inspection_starts` an event's name."""

    code: str
    carriage_by: str
    risk_passes: object
    documents: tuple[str, ...]
    insurance: str
    inspection_starts: str
    sea_only: bool


_AT_SELLER = _("at the seller's place")
_TO_CARRIER = _("when handed to the buyer's carrier")
_ALONGSIDE = _("alongside the ship")
_ON_BOARD = _("on board at the port of origin")
_FIRST_CARRIER = _("when handed to the first carrier at origin")

TRADE_TERMS: dict[str, TradeTerm] = {
    term.code: term
    for term in (
        TradeTerm("EXW", "buyer", _AT_SELLER, ("collection_receipt",), "", "collection", False),
        TradeTerm("FCA", "buyer", _TO_CARRIER, ("carrier_receipt",), "", "arrival", False),
        TradeTerm("FAS", "buyer", _ALONGSIDE, ("dock_receipt",), "", "arrival", True),
        TradeTerm("FOB", "buyer", _ON_BOARD, ("bill_of_lading",), "", "arrival", True),
        TradeTerm("CFR", "seller", _ON_BOARD, ("bill_of_lading",), "", "arrival", True),
        TradeTerm("CIF", "seller", _ON_BOARD, ("bill_of_lading", "insurance_policy"), "C", "arrival", True),
        TradeTerm("CPT", "seller", _FIRST_CARRIER, ("transport_document",), "", "arrival", False),
        TradeTerm("CIP", "seller", _FIRST_CARRIER, ("transport_document", "insurance_policy"), "A", "arrival", False),
        TradeTerm("DAP", "seller", _("at the destination"), ("transport_document",), "", "arrival", False),
        TradeTerm("DPU", "seller", _("at the destination, unloaded"), ("transport_document",), "", "arrival", False),
        TradeTerm(
            "DDP", "seller", _("at the destination, cleared for import"), ("transport_document",), "", "arrival", False
        ),
    )
}


def buyer_books_carriage(incoterm: str) -> bool:
    """Under E and F terms the buyer books the carriage; a clock runs for it from readiness."""
    return TRADE_TERMS[incoterm].carriage_by == "buyer"


def mode_allowed(incoterm: str, mode: str) -> bool:
    return not TRADE_TERMS[incoterm].sea_only or mode == TransportMode.SEA


DOCUMENT_WORDS: dict[str, object] = {
    "invoice": _("Commercial invoice"),
    "packing_list": _("Packing list"),
    "collection_receipt": _("Collection receipt"),
    "carrier_receipt": _("Carrier's receipt"),
    "dock_receipt": _("Dock receipt"),
    "bill_of_lading": _("On-board bill of lading"),
    "transport_document": _("Air waybill, road or multimodal transport document"),
    "insurance_policy": _("Insurance policy or certificate, 110 %"),
    "certificate_of_origin": _("Certificate of origin"),
    "inspection_certificate": _("Inspection certificate"),
    "quality_certificate": _("Quality or test certificate"),
    "phytosanitary_certificate": _("Phytosanitary or fumigation certificate"),
    "proof_of_delivery": _("Signed proof of delivery"),
}
"""Papers that a seller may promise, by role."""
