"""Makes the deadlines of payments known to the sweep; `assurance/wiring.py` calls this once."""

from core import deadlines
from payments.actions.clocks import CLOCKS


def connect() -> None:
    for kind, clock in CLOCKS.items():
        deadlines.register(kind, lock=clock.lock, act=clock.act, silence=clock.silence)
