"""A few dozen products with specifications that could be real: `products.csv`, and what is tested about each kind."""

import csv
from datetime import datetime
from pathlib import Path

from assurance.demo.people import Cast
from catalog.actions import create_product
from catalog.entries import ProductEntry, RequirementEntry
from catalog.models import Product

TABLE = Path(__file__).with_name("products.csv")

WOOD = (
    RequirementEntry(
        attribute="Moisture content",
        target="8 to 12",
        unit="%",
        method="Pin meter, 5 points a piece",
        severity="major",
        remedy="Dry again or replace",
    ),
    RequirementEntry(
        attribute="Length, width, height",
        target="as specified",
        tolerance="+/- 3",
        unit="mm",
        method="Tape measure",
        severity="major",
        remedy="Replace or price reduction",
    ),
    RequirementEntry(
        attribute="Live insects or exit holes",
        target="0",
        unit="pieces",
        method="Visual, 100 %",
        severity="critical",
        remedy="Reject the lot",
    ),
)
LIGHT = (
    RequirementEntry(
        attribute="Luminous flux",
        target="as specified",
        tolerance="-10 %",
        unit="lm",
        method="Integrating sphere, IES LM-79",
        severity="major",
        remedy="Replace or price reduction",
    ),
    RequirementEntry(
        attribute="Insulation resistance",
        target="4 or more",
        unit="Mohm",
        method="500 V DC, IEC 60598-1",
        severity="critical",
        remedy="Reject the lot",
    ),
    RequirementEntry(
        attribute="Colour deviation",
        target="5 or less",
        unit="SDCM",
        method="Spectrometer",
        severity="minor",
        remedy="Price reduction",
    ),
)

REQUIREMENTS = {"songhong.example": WOOD, "yuexing.example": LIGHT}


def create_products(cast: Cast, at: datetime) -> dict[str, Product]:
    """Name -> product, of both sellers."""
    with TABLE.open(encoding="utf-8", newline="") as table:
        return {row["name"]: _create(cast, row, at) for row in csv.DictReader(table)}


def _create(cast: Cast, row: dict[str, str], at: datetime) -> Product:
    seller = row["seller"]
    entry = ProductEntry(
        name=row["name"],
        unit=row["unit"],
        price_minor=int(row["price_minor"]),
        currency="USD",
        price_basis=int(row["price_basis"]),
        min_quantity=int(row["min_units"]) * 1000,
        specification=row["specification"],
        hs_code=row["hs_code"],
        packing=row["packing"],
        requirements=REQUIREMENTS[seller],
    )
    return create_product(company_id=cast.companies[seller].pk, entry=entry, by=cast.by(f"owner@{seller}"), at=at)
