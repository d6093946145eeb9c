from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from core.actions import action
from core.actors import Actor
from core.errors import Refused
from core.events import publish
from core.money import check_amount
from payments.errors import FundingIsOver
from payments.events import WireDeclared
from payments.locks import lock_escrow, lock_live_payments
from payments.models import Method, Payment
from payments.policies import check_may_declare_wire


class NoWireOpen(Refused):
    code = "no_wire_open"
    message = _("Open the bank transfer instructions first; then declare the wire that you sent.")


class WireAlreadyDeclared(Refused):
    code = "wire_already_declared"
    message = _("A wire is declared for this instalment already.")


@action
def declare_wire(
    *,
    escrow_id: int,
    declared_on: date,
    amount_minor: int,
    bank_reference: str = "",
    document_ref: str = "",
    by: Actor,
    at: datetime,
) -> Payment:
    """The payer says that a wire is on its way: when, how much, with which bank reference or slip. No money counts yet.

    Units: minor units of the escrow's currency. Locks: escrow, live payments. The same words again return the same.
    Raises NotAllowed, Invalid, FundingIsOver, NoWireOpen, WireAlreadyDeclared.
    """
    escrow = lock_escrow(escrow_id)
    check_may_declare_wire(by, escrow)
    check_amount(amount_minor, escrow.currency)
    if escrow.stopped_at is not None:
        raise FundingIsOver
    payment = next((row for row in lock_live_payments(escrow.pk) if row.method == Method.WIRE), None)
    if payment is None:
        raise NoWireOpen
    said = (declared_on, amount_minor, bank_reference, document_ref)
    if payment.declared_at is not None:
        if said != _declared(payment):
            raise WireAlreadyDeclared
        return payment
    payment.declared_at = at
    payment.declared_on, payment.declared_minor = declared_on, amount_minor
    payment.declared_bank_reference, payment.declared_document_ref = bank_reference, document_ref
    payment.save(
        update_fields=[
            "declared_at",
            "declared_on",
            "declared_minor",
            "declared_bank_reference",
            "declared_document_ref",
        ]
    )
    publish(WireDeclared(escrow_id=escrow.pk, payment_id=payment.pk, amount_minor=amount_minor, at=at))
    return payment


def _declared(payment: Payment) -> tuple[date | None, int | None, str, str]:
    return (
        payment.declared_on,
        payment.declared_minor,
        payment.declared_bank_reference,
        payment.declared_document_ref,
    )
