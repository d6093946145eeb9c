from orders.models.counter import OrderCounter
from orders.models.line import OrderLine, PlannedInstalment, Requirement
from orders.models.order import Order
from orders.models.production import Cancellation, StageProof, StageReport
from orders.models.shipment import Shipment, ShipmentDocument, ShipmentLine, ShipmentState
from orders.models.terms import ChangeRequest, OfferLink, Signature, Terms
from orders.process import OrderState, Stage

__all__ = [
    "Cancellation",
    "ChangeRequest",
    "OfferLink",
    "Order",
    "OrderCounter",
    "OrderLine",
    "OrderState",
    "PlannedInstalment",
    "Requirement",
    "Shipment",
    "ShipmentDocument",
    "ShipmentLine",
    "ShipmentState",
    "Signature",
    "Stage",
    "StageProof",
    "StageReport",
    "Terms",
]
