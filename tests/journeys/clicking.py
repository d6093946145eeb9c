"""What journeys share: the seller's steps from an empty draft to the shipment, by clicking and typing only."""

from typing import Any

from tests.journeys.desk import Choice, Desk


def begin_draft(seller: Desk, parties: dict[str, Any]) -> str:
    """Steps 1 and 2, and the days of step 3: 400 stools for USD 12,500.00. Returns the order's number."""
    seller.press("New order")
    seller.press("Begin the draft")
    number = seller.page.locator("h1").inner_text()
    seller.fill(parties)
    seller.press("Save and go on")
    seller.press("Add a product by hand")
    seller.fill({"Product": "Oak stool", "Quantity": "400", "Unit": "piece", "Price": "31.25", "Packing": "4 a carton"})
    seller.fill({"What is tested": "Moisture", "Target": "8", "Unit of measure": "%", "How it is tested": "Pin meter"})
    seller.press("Save this product")
    seller.sees("Oak stool", "1 requirement", "USD\N{NO-BREAK SPACE}12,500.00")
    seller.press("Go on to delivery time")
    seller.fill({"So many days after the first payment is held": True, "Days after the first payment": "45"})
    seller.press("Save and go on")
    return number


def finish_draft(seller: Desk, term: dict[str, Any], share: str) -> None:
    """Steps 4 to 6, and send. `share`: percent due on confirmation."""
    seller.fill(term)
    seller.press("Save and go on")
    seller.fill({"Share due on confirmation": share})
    seller.press("Save and go on")
    seller.sees("Oak stool", "The seller gets", "USD\N{NO-BREAK SPACE}12,250.00")
    seller.press("Sign and send the offer")
    seller.expect_state("Buyer to sign")


def make(seller: Desk) -> None:
    """From the order's page: a stage with its proof, then ready."""
    seller.press("Report progress")
    seller.fill({"Stage reached": Choice("Production started"), "Note to the buyer": "Frames are glued"})
    seller.attach("Proof", "frames.jpg")
    seller.press("Report this stage")
    seller.sees("The stage is reported.", "Frames are glued", "frames.jpg", "Counts as proven unless")
    seller.press("Declare the goods ready")
    seller.attach("Proof of the packed goods", "packed.jpg")
    seller.attach("Packing list", "packing list.pdf")
    seller.press("Declare ready")


def ship(seller: Desk, papers: dict[str, str]) -> None:
    """From the order's page; `papers`: field -> file."""
    seller.press("Report the shipment")
    seller.fill({"Carrier or forwarder": "Norse Cargo", "Transport document number": "020-5544 1122"})
    seller.fill({"Handed over on": seller.in_days(0), "Expected arrival": seller.in_days(4)})
    for field, name in papers.items():
        seller.attach(field, name)
    seller.press("Report as shipped")
    seller.expect_state("On the way")
    seller.sees("Norse Cargo", "020-5544 1122", "Arrival is assumed")
