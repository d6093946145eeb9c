"""What happened to an order. Ids and numbers only; hearers read the rest again."""

from datetime import datetime

from core.events import event


@event
class OrderSent:
    order_id: int
    terms_id: int
    link_id: int
    at: datetime


@event
class OfferWithdrawn:
    order_id: int
    at: datetime


@event
class ChangesRequested:
    order_id: int
    request_id: int
    at: datetime


@event
class OrderDeclined:
    order_id: int
    at: datetime


@event
class OrderConfirmed:
    order_id: int
    terms_id: int
    escrow_id: int
    at: datetime


@event
class OrderExpired:
    """`source`: the state it expired from."""

    order_id: int
    source: str
    at: datetime


@event
class WireDeclared:
    order_id: int
    amount_minor: int
    at: datetime


@event
class ProductionStarted:
    order_id: int
    at: datetime


@event
class ProgressReported:
    order_id: int
    report_id: int
    stage: str
    at: datetime


@event
class StageApproved:
    order_id: int
    report_id: int
    stage: str
    at: datetime


@event
class StageCounted:
    """Nobody judged the report in time: the stage counts."""

    order_id: int
    report_id: int
    stage: str
    at: datetime


@event
class StageChallenged:
    order_id: int
    report_id: int
    stage: str
    at: datetime


@event
class OrderReady:
    order_id: int
    at: datetime


@event
class BalanceHeld:
    """A later instalment is secured while the goods are ready. `amount_minor`: of the order's currency."""

    order_id: int
    sequence: int
    amount_minor: int
    at: datetime


@event
class CarriageBooked:
    order_id: int
    at: datetime


@event
class BuyerOverdue:
    """The buyer's ten days after readiness are over, and payment or booking is missing."""

    order_id: int
    at: datetime


@event
class FundingLost:
    """The buyer's bank took back `amount_minor` that was held for the order."""

    order_id: int
    amount_minor: int
    at: datetime


@event
class FundingRestored:
    """What was lost is held again."""

    order_id: int
    at: datetime


@event
class OrderShipped:
    order_id: int
    at: datetime


@event
class NotArrivedTold:
    """`due_at`: ISO 8601, when arrival is assumed now."""

    order_id: int
    due_at: str
    at: datetime


@event
class ArrivalContested:
    """The buyer says that goods, which by the seller's word arrived, did not."""

    order_id: int
    at: datetime


@event
class OrderArrived:
    """`told_by`: buyer, seller, carrier or clock."""

    order_id: int
    told_by: str
    at: datetime


@event
class InspectionExtended:
    order_id: int
    at: datetime


@event
class OrderAccepted:
    order_id: int
    at: datetime


@event
class OrderCancelled:
    """`side`: seller, buyer or clock; `cause`: a value of `cancellation_terms.Cause`."""

    order_id: int
    side: str
    cause: str
    at: datetime


@event
class CancellationSettled:
    order_id: int
    earned_minor: int
    at: datetime


@event
class OrderLate:
    order_id: int
    at: datetime


@event
class ReminderDue:
    """A clock of the order will end soon. `due_at`: ISO 8601, when it ends."""

    order_id: int
    kind: str
    due_at: str
    at: datetime
