"""What the order does about the news from below. Each re-reads what it acts on; each may come twice and late."""

from core.actors import platform
from orders.actions.funding import go_on_after_payment, start_production
from orders.actions.lost_funding import divide_what_was_won, note_funding_lost, note_funding_restored
from orders.evidence_packet import has_complete_folder
from orders.models import Order
from payments.actions.losses import bear_loss, charge_payee
from payments.events import ChargebackLost, ChargebackWon, InstalmentLost, InstalmentSecured


def go_on_with_money(happened: InstalmentSecured) -> None:
    """The first instalment starts production; a later one lets the goods leave; one that was lost is held again."""
    order_id = _order_id(happened.escrow_id)
    if order_id is None:
        return
    by, at = platform("gateway"), happened.at
    note_funding_restored(order_id=order_id, by=by, at=at)
    if happened.sequence == 1:
        start_production(order_id=order_id, by=by, at=at)
    else:
        go_on_after_payment(
            order_id=order_id, sequence=happened.sequence, amount_minor=happened.amount_minor, by=by, at=at
        )


def stop_without_money(happened: InstalmentLost) -> None:
    """The goods stay until it is paid anew."""
    order_id = _order_id(happened.escrow_id)
    if order_id is not None:
        note_funding_lost(order_id=order_id, by=platform("gateway"), at=happened.at)


def divide_after_dispute(happened: ChargebackWon) -> None:
    """Money that came back after the order had ended goes where the rest went."""
    order_id = _order_id(happened.escrow_id)
    if order_id is not None:
        divide_what_was_won(
            order_id=order_id, chargeback_id=happened.chargeback_id, by=platform("gateway"), at=happened.at
        )


def say_who_bears_the_loss(happened: ChargebackLost) -> None:
    """The platform, if the seller's folder was complete; otherwise the seller."""
    if not happened.loss_minor:
        return
    order = Order.objects.filter(escrow_id=happened.escrow_id).first()
    decide = bear_loss if order is None or has_complete_folder(order) else charge_payee
    decide(chargeback_id=happened.chargeback_id, by=platform("gateway"), at=happened.at)


def _order_id(escrow_id: int) -> int | None:
    return Order.objects.filter(escrow_id=escrow_id).values_list("pk", flat=True).first()
