"""The stories of the demo. Each yields the days until its next scene; together they leave orders in every state."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from assurance.demo.deal import Deal

Story = Callable[[Deal, str], Iterator[float]]
"""From a deal and the number of its purchase order: scenes, separated by days."""


def opening(deal: Deal, number: str) -> Iterator[float]:
    """Drafted, sent, signed."""
    deal.draft(seller_ref=f"SC-{number}", buyer_ref=f"PO-{number}")
    yield 0.2
    deal.send()
    yield 1
    deal.confirm()
    yield 1


def left_as_draft(deal: Deal, number: str) -> Iterator[float]:
    deal.draft(seller_ref=f"SC-{number}", buyer_ref="")
    yield 0


def offered(deal: Deal, number: str) -> Iterator[float]:
    deal.draft(seller_ref=f"SC-{number}", buyer_ref=f"PO-{number}")
    yield 0.1
    deal.send()


def changes_asked(deal: Deal, number: str) -> Iterator[float]:
    yield from offered(deal, number)
    yield 1
    deal.ask_for_changes("Please lower the deposit to 20 %.")


def declined(deal: Deal, number: str) -> Iterator[float]:
    yield from offered(deal, number)
    yield 1
    deal.decline("We found stock closer to our warehouse.")


def lapsed(deal: Deal, number: str) -> Iterator[float]:
    yield from offered(deal, number)
    yield 12


def awaiting_payment(deal: Deal, number: str) -> Iterator[float]:
    yield from opening(deal, number)
    deal.wire(percent=0)


def short_wire(deal: Deal, number: str) -> Iterator[float]:
    yield from opening(deal, number)
    deal.wire(percent=60)


def in_production(deal: Deal, number: str) -> Iterator[float]:
    yield from opening(deal, number)
    deal.wire()
    yield 3
    deal.report("MATERIALS", "Materials in the warehouse", approve=True)
    yield 5
    deal.report("STARTED", "Production line")


def late(deal: Deal, number: str) -> Iterator[float]:
    yield from opening(deal, number)
    deal.wire()
    yield 40


def ready_unpaid(deal: Deal, number: str) -> Iterator[float]:
    yield from in_production(deal, number)
    yield 6
    deal.ready()


def shipped(deal: Deal, number: str) -> Iterator[float]:
    yield from ready_unpaid(deal, number)
    yield 2
    if deal.deposit < 10_000:
        deal.wire()
    if deal.term.incoterm in {"EXW", "FCA", "FAS", "FOB"}:
        deal.book()
    yield 2
    deal.ship(days_at_sea=28)


def delivered(deal: Deal, number: str) -> Iterator[float]:
    yield from shipped(deal, number)
    yield 27
    deal.arrive()


def completed(deal: Deal, number: str) -> Iterator[float]:
    yield from delivered(deal, number)
    yield 4
    deal.accept()
    yield 1


def accepted_by_silence(deal: Deal, number: str) -> Iterator[float]:
    yield from delivered(deal, number)
    deal.extend()
    yield 36


def cancelled_by_buyer(deal: Deal, number: str) -> Iterator[float]:
    yield from in_production(deal, number)
    yield 3
    deal.cancel("Our customer withdrew the project.", by=deal.buyer_by)
    yield 9


def cancelled_by_seller(deal: Deal, number: str) -> Iterator[float]:
    yield from opening(deal, number)
    deal.wire()
    yield 4
    deal.cancel("Our mill can't deliver the timber in time.", by=deal.seller_by)
    yield 2


@dataclass(frozen=True)
class Plan:
    """`starts`: days before today. `products`: names in the catalogue of the seller."""

    starts: float
    story: Story
    seller: str
    buyer: str
    products: tuple[str, ...]
    incoterm: str = "CIF"
    place: str = "Los Angeles, CA, berth 401"
    mode: str = "sea"
    deposit: int = 3000
    ship_days: int = 30


SH, SHS, YX = "owner@songhong.example", "sales@songhong.example", "owner@yuexing.example"
NL, NLP, HK = "owner@northlake.example", "purchasing@northlake.example", "owner@hansekontor.example"
HAMBURG = "Hamburg, Container Terminal Altenwerder"
AIR: dict[str, Any] = {"incoterm": "CPT", "place": "Frankfurt Airport (FRA)", "mode": "air"}

PLANS: tuple[Plan, ...] = (
    Plan(110, completed, SHS, NLP, ("Acacia folding chair FC-21", "Acacia dining table DT-180")),
    Plan(108, completed, YX, HK, ("LED panel light PL-60",), place=HAMBURG),
    Plan(106, accepted_by_silence, SH, NL, ("Rattan armchair RA-07",), deposit=10_000),
    Plan(
        100,
        completed,
        YX,
        NLP,
        ("LED track spot TS-20", "Constant current driver CD-40"),
        incoterm="FOB",
        place="Shenzhen, Yantian",
    ),
    Plan(60, delivered, SHS, NLP, ("Bamboo cutting board CB-3", "Coconut bowl CO-1"), deposit=2000),
    Plan(57, delivered, YX, HK, ("LED downlight DL-12",), place=HAMBURG),
    Plan(33, shipped, SHS, NL, ("Ash bar stool ST-65",)),
    Plan(30, shipped, YX, HK, ("High bay HB-150",), incoterm="CIF", place=HAMBURG, deposit=5000),
    Plan(20, ready_unpaid, SHS, NLP, ("Outdoor bench OB-150",)),
    Plan(
        19,
        ready_unpaid,
        YX,
        HK,
        ("Garden bollard GB-60",),
        incoterm="FCA",
        place="Foshan, Nanhai depot",
        deposit=10_000,
    ),
    Plan(12, in_production, SHS, NLP, ("Bed frame BF-160",)),
    Plan(13, in_production, YX, HK, ("LED strip ST-24", "LED bulb A60-9"), ship_days=45, **AIR),
    Plan(47, late, SHS, NL, ("Rubberwood bookshelf BS-5",), ship_days=20),
    Plan(5, awaiting_payment, SHS, NLP, ("Seagrass basket set SB-3",)),
    Plan(6, short_wire, YX, HK, ("Pendant lamp PE-35",), place=HAMBURG),
    Plan(40, cancelled_by_buyer, SHS, NL, ("Wooden hanger WH-44",), deposit=5000),
    Plan(38, cancelled_by_seller, SH, NL, ("Acacia folding chair FC-21",)),
    Plan(25, declined, YX, HK, ("Street light SL-100",), place=HAMBURG),
    Plan(24, lapsed, SHS, NL, ("Cotton seat cushion SC-45",)),
    Plan(4, changes_asked, SHS, NLP, ("Acacia dining table DT-180",)),
    Plan(2, offered, SHS, NLP, ("Rattan armchair RA-07", "Cotton seat cushion SC-45")),
    Plan(2, offered, YX, HK, ("Emergency exit sign EX-3",), place=HAMBURG),
    Plan(1, left_as_draft, SHS, NLP, ("Dowel 8 x 40 mm", "Cam lock set CL-15")),
)
