"""Deals that live and die while services fail, a program for processes of `OwnWorld`: `-m tests.faults.life`, and


people                  makes a seller and a buyer
deals COUNT             makes funded, accepted deals; prints the seconds of the slowest acceptance, as JSON
load JOURNAL            deal after deal, through every failure of the database, until JOURNAL.stop is there; notes
                        what was promised
recover                 does the work of the workers until nothing is left
tell JOURNAL...         what became of the promises, as JSON
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import InterfaceError, OperationalError, connection  # noqa: E402

from companies.models import User  # noqa: E402
from core.errors import Busy  # noqa: E402
from core.events import run_courier  # noqa: E402
from core.models import Delivery  # noqa: E402
from payments.actions.release import release_rest  # noqa: E402
from payments.models import OPEN_STATES, Payout, Refund, Release, SendState  # noqa: E402
from payments.nudges import nudge  # noqa: E402
from payments.tasks import (  # noqa: E402
    ask_about_open_payments,
    process_gateway_events,
    send_outgoing_money,
)
from tests.cast import NOW, founder, open_for_business  # noqa: E402
from tests.payments.exchanges.control import Control  # noqa: E402
from tests.payments.exchanges.scene import Deal, ask, let_back_off_pass, open_deal, start  # noqa: E402

T = TypeVar("T")
SELLER, BUYER = "owner@binhminh.example", "owner@lakeside.example"
LOST_CONNECTION = (OperationalError, InterfaceError, Busy)


def control() -> Control:
    return Control(settings.SANDBOX_GATEWAY_URL, settings.SANDBOX_GATEWAY_KEY)


def people() -> None:
    seller = founder(SELLER, "Nguyễn Thị Minh", "Công ty TNHH Bình Minh", "VN", "Thủ Đức", "12", "Asia/Ho_Chi_Minh")
    open_for_business(seller)
    founder(BUYER, "Grace Miller", "Lakeside Furniture Inc.", "US", "Chicago", "500", "America/Chicago")


def deals(count: int) -> None:
    slowest = 0.0
    for _number in range(count):
        deal = timed_deal()
        began = time.monotonic()
        release_rest(escrow_id=deal.escrow_id, reason="accepted", sequence=1, by=deal.payer, at=NOW)
        nudge("send_outgoing_money")
        slowest = max(slowest, time.monotonic() - began)
    sys.stdout.write(json.dumps({"slowest_s": slowest, "deals": count}))


def timed_deal() -> Deal:
    deal = open_deal(User.objects.get(email=BUYER), User.objects.get(email=SELLER))
    payment = start(deal)
    control().wire(payment.reference, payment.amount_minor)
    ask(payment)
    return deal


def load(journal: Path) -> None:
    while not journal.with_suffix(".stop").exists():
        live_through(journal)


def live_through(journal: Path) -> None:
    """One deal; each step repeated until it is answered, as a person or a worker would."""
    deal = insist(lambda: open_deal(User.objects.get(email=BUYER), User.objects.get(email=SELLER)))
    note(journal, "opened", deal)
    payment = insist(partial(start, deal))
    while not payment.gateway_id:
        payment = insist(partial(start, deal))
    control().wire(payment.reference, payment.amount_minor)
    insist(partial(ask, payment))
    note(journal, "funded", deal)
    insist(partial(release_rest, escrow_id=deal.escrow_id, reason="accepted", sequence=1, by=deal.payer, at=NOW))
    note(journal, "released", deal)
    insist(run_courier)
    insist(send_outgoing_money)


def insist(step: Callable[[], T]) -> T:
    while True:
        try:
            return step()
        except LOST_CONNECTION:
            connection.close()
            time.sleep(0.05)


def note(journal: Path, what: str, deal: Deal) -> None:
    with journal.open("a", encoding="utf-8") as lines:
        lines.write(f"{what} {deal.escrow_id}\n")


def recover() -> None:
    """Until nothing is open any more: what workers do, with their waits cut short."""
    for _round in range(20):
        Delivery.objects.filter(state="WAITING").update(due_at=NOW)
        run_courier(most=5_000)
        let_back_off_pass()
        process_gateway_events()
        ask_about_open_payments()
        send_outgoing_money()
        control().settle()
        if not open_rows():
            return
    raise SystemExit(f"still open after twenty rounds: {open_rows()}")


def open_rows() -> dict[str, int]:
    found = {
        "deliveries": Delivery.objects.filter(state="WAITING").count(),
        "payouts": Payout.objects.filter(state__in=OPEN_STATES).count(),
        "refunds": Refund.objects.filter(state__in=OPEN_STATES).count(),
    }
    return {name: count for name, count in found.items() if count}


def tell(journals: list[Path]) -> None:
    noted: dict[str, set[int]] = {"opened": set(), "funded": set(), "released": set()}
    for journal in journals:
        for line in journal.read_text("utf-8").splitlines():
            what, escrow_id = line.split()
            noted[what].add(int(escrow_id))
    releases = list(Release.objects.values_list("escrow_id", flat=True))
    answer: dict[str, Any] = {
        "opened": len(noted["opened"]),
        "released": len(noted["released"]),
        "promised_but_lost": sorted(noted["released"] - set(releases)),
        "released_twice": len(releases) - len(set(releases)),
        "releases_in_no_payout": Release.objects.filter(payout__isnull=True).count(),
        "releases": len(releases),
        "payouts_paid": Payout.objects.filter(state=SendState.PAID).count(),
        "open": open_rows(),
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    match command:
        case "people":
            people()
        case "deals":
            deals(int(rest[0]))
        case "load":
            load(Path(rest[0]))
        case "recover":
            recover()
        case "tell":
            tell([Path(name) for name in rest])
        case _:
            raise SystemExit(f"unknown command {command}")
