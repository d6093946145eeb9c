"""Orders that a journey begins with, made by actions on the clock that the site shows."""

from dataclasses import replace
from datetime import datetime

from companies.models import User
from core import clock
from orders.drafting import Delivery
from orders.models import Order
from tests.orders import steps

IN_FORTY_DAYS = Delivery(basis="days", ship_days=40)
AT_ONCE = steps.ALL_AT_ONCE
AIR = replace(steps.TERM, incoterm="CIP", named_place="Chicago O'Hare", transport_mode="air")


def now() -> datetime:
    """The site's business time; another process may have moved it."""
    clock.forget()
    return clock.now()


def offered(seller: User) -> Order:
    """400 chairs and 12,345 screws, USD 10,154.31: 30 % on confirmation, 70 % on readiness, FCA."""
    return steps.offer(seller, at=now(), delivery=IN_FORTY_DAYS)
