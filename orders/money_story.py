"""What became of an order's money, as lines of its story: what came over, what goes back, how it was divided."""

from datetime import datetime

from orders.cancellation_terms import EARNING
from orders.happenings import Happening
from orders.models import Cancellation, Order, OrderState
from payments.models import Refund, SendState

MOST = 200
CAME_IN = {"over_payment": "over_payment", "after_stop": "late_payment", "payment_ended": "ended_payment"}
"""Why a refund is owed -> what happened, where the buyer's own payment made it so."""


def money_happenings(order: Order) -> list[Happening]:
    """Unsorted. One statement where money may have moved, and one more for a cancelled order."""
    if order.escrow_id is None:
        return []
    story = [line for refund in _refunds(order.escrow_id) for line in _of_refund(refund, order.currency)]
    return story + _division(order)


def _refunds(escrow_id: int) -> list[Refund]:
    return list(Refund.objects.filter(escrow_id=escrow_id).order_by("pk")[:MOST])


def _of_refund(refund: Refund, currency: str) -> list[Happening]:
    story: list[Happening] = []

    def tell(at: datetime, verb: str, side: str = "platform") -> None:
        story.append(Happening(at, verb, side, "", amount_minor=refund.amount_minor, currency=refund.currency))

    if refund.replaces_id is None:
        verb = CAME_IN.get(refund.reason, "refund_owed")
        if refund.currency != currency:
            verb = "other_currency"
        tell(refund.created_at, verb, "platform" if verb == "refund_owed" else "buyer")
    if refund.paid_at is not None:
        tell(refund.paid_at, "refund_paid")
    if refund.state in (SendState.FAILED, SendState.RETURNED) and refund.ended_at is not None:
        tell(refund.ended_at, "refund_failed")
    return story


def _division(order: Order) -> list[Happening]:
    """Where the proven stages decided; otherwise all goes back, which the refunds tell."""
    if order.state != OrderState.CANCELLED:
        return []
    ended = Cancellation.objects.filter(order=order, settled_at__isnull=False, cause__in=EARNING).first()
    if ended is None or ended.settled_at is None:
        return []
    earned_minor = ended.earned_minor or 0
    return [
        Happening(ended.settled_at, "money_divided", "platform", "", amount_minor=earned_minor, currency=order.currency)
    ]
