"""What the drafter of the cast types: 400 chairs and 12,345 screws, USD 10,154.31, FCA by sea, 30 % and 70 %."""

from datetime import date

from orders.drafting import (
    Delivery,
    InstalmentInput,
    LineInput,
    Parties,
    PaymentTerms,
    RequirementInput,
    TradeTermInput,
)

PARTIES = Parties(
    buyer_email="owner@lakeside.example",
    buyer_company_name="Lakeside Furniture Inc.",
    seller_ref="BM-77",
    buyer_ref="PO-4711",
    governing_law="CISG; Vietnam",
)
CHAIR = LineInput(
    name="Ghế gỗ sồi 橡木椅",
    quantity_thousandths=400_000,
    unit="piece",
    unit_price_minor=2_500,
    specification="Oak, oiled",
    size="45 x 50 x 90 cm",
    requirements=[
        RequirementInput(
            attribute="Moisture of the wood",
            target="8",
            tolerance="± 2",
            unit="%",
            test_method="Moisture meter, 3 places",
            remedy="Replacement",
        )
    ],
)
SCREWS = LineInput(
    name="Screw M6",
    quantity_thousandths=12_345_000,
    unit="piece",
    unit_price_minor=125,
    price_basis=100,
    requirements=[RequirementInput(attribute="Thread", target="M6", test_method="Thread gauge")],
)
DELIVERY = Delivery(basis="date", ship_date=date(2026, 6, 10), price_valid_until=date(2026, 3, 31))
TERM = TradeTermInput(
    incoterm="FCA",
    named_place="Cát Lái terminal, Ho Chi Minh City",
    transport_mode="sea",
    consignee="Lakeside Furniture Inc., Chicago",
    documents_promised=["packing_list", "certificate_of_origin"],
)
PAYMENT = PaymentTerms(
    currency="USD",
    methods=["wire", "card"],
    instalments=[
        InstalmentInput(basis_points=3000, due_on="confirmation"),
        InstalmentInput(basis_points=7000, due_on="readiness"),
    ],
)
