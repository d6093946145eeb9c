from core.models.alarm import Alarm
from core.models.clock import Heartbeat, SandboxClock
from core.models.deadline import Deadline, DeadlineState
from core.models.event import Delivery, DeliveryState, Event
from core.models.idempotency import IdempotencyRecord
from core.models.transition import Transition

__all__ = [
    "Alarm",
    "Deadline",
    "DeadlineState",
    "Delivery",
    "DeliveryState",
    "Event",
    "Heartbeat",
    "IdempotencyRecord",
    "SandboxClock",
    "Transition",
]
