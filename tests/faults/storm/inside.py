"""Programs that look from inside the world, and answer in JSON.

`-m tests.faults.storm.inside` with `people COUNT`, `open`, `hurry` or `tell`.
"""

import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.settings")
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db.models import Count, Sum  # noqa: E402

from companies.models import User  # noqa: E402
from core.models import Delivery  # noqa: E402
from orders.models import Order  # noqa: E402
from payments.models import OPEN_STATES, GatewayEvent, Payment, Payout, Receipt, Refund, Release  # noqa: E402
from tests.cast import founder, open_for_business  # noqa: E402
from tests.payments.exchanges.scene import let_back_off_pass  # noqa: E402

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def people(count: int) -> list[dict[str, str]]:
    """Pairs of a seller and a buyer, logged in."""
    pairs = []
    for number in range(count):
        seller = founder(
            f"seller{number}@storm.example", "Minh", f"Binh Minh {number}", "VN", "Hue", "1", "Asia/Ho_Chi_Minh"
        )
        open_for_business(seller)
        buyer = founder(
            f"buyer{number}@storm.example", "Grace", f"Lakeside {number}", "US", "Chicago", "5", "America/Chicago"
        )
        pairs.append({"seller": log_in(seller), "buyer": log_in(buyer), "buyer_email": buyer.email})
    return pairs


def log_in(user: User) -> str:
    """The key of a new session."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def still_open() -> dict[str, int]:
    """What waits to be done, by kind; empty when all is done."""
    found = {
        "deliveries": Delivery.objects.filter(state="WAITING").count(),
        "gateway events": GatewayEvent.objects.filter(processed_at__isnull=True).count(),
        "payouts": Payout.objects.filter(state__in=OPEN_STATES).count(),
        "refunds": Refund.objects.filter(state__in=OPEN_STATES).count(),
        "releases in no payout": Release.objects.filter(payout__isnull=True).count(),
        "payments": Payment.objects.filter(state__in=["CREATED", "PENDING"]).count(),
    }
    return {name: count for name, count in found.items() if count}


def hurry() -> dict[str, int]:
    """What waits for its next try is due now: waits are cut short, the work is the workers'."""
    let_back_off_pass()
    return still_open()


def tell() -> dict[str, Any]:
    """Each order with its money, as our own books have it. Minor units."""
    orders = {}
    for order in Order.objects.select_related("escrow"):
        escrow = order.escrow
        refunds = Refund.objects.filter(escrow=escrow, state="PAID")
        releases = Release.objects.filter(escrow=escrow)
        orders[order.reference] = {
            "state": order.state,
            "came_in": _sum(Receipt.objects.filter(payment__escrow=escrow)),
            "went_back": _sum(refunds),
            "released": _sum(releases),
            "releases": releases.count(),
            "paid_out": _sum(releases.filter(payout__state="PAID")),
            "payments": list(Payment.objects.filter(escrow=escrow).values_list("reference", flat=True)),
            "refunds": list(refunds.values_list("reference", flat=True)),
        }
    payouts = Payout.objects.values("state").annotate(count=Count("pk"), total=Sum("amount_minor"))
    return {"orders": orders, "payouts": {row["state"]: [row["count"], row["total"]] for row in payouts}}


def _sum(rows: Any) -> int:
    return rows.aggregate(total=Sum("amount_minor"))["total"] or 0


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    answers = {"people": lambda: people(int(rest[0])), "open": still_open, "hurry": hurry, "tell": tell}
    sys.stdout.write(json.dumps(answers[command]()))
