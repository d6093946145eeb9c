"""The work of payments, read from rows: any number of workers may run any of these at once, and any may be killed."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.core.cache import cache

from core import clock
from core.actions import carry_out
from core.alarms import raise_alarm
from payments.actions.closing import close_days
from payments.actions.gateway_event import lease_gateway_events
from payments.actions.payment import lease_payments_to_ask
from payments.actions.sending import lease_payouts, lease_refunds
from payments.books import Movement, Problem
from payments.exchanges.answers import GatewayError, Unanswered
from payments.exchanges.events import process_event
from payments.exchanges.pay import ask_about_payment
from payments.exchanges.payouts import send_payout
from payments.exchanges.reconcile import catch_up, list_movements
from payments.exchanges.refunds import send_refund
from payments.self_check import run_self_check

log = logging.getLogger(__name__)

BUDGET_SECONDS = 45
"""A run stops leasing after this, well within the task's time limit: a slow gateway must not get a worker killed."""

GATEWAYS = ("sandbox",)
LOOKS = 3


@shared_task
def process_gateway_events() -> int:
    return _work_off("payments.gatewayevent", lease_gateway_events, _process_event)


@shared_task
def send_outgoing_money() -> int:
    refunds = _work_off("payments.refund", lease_refunds, _send_refund)
    return refunds + _work_off("payments.payout", lease_payouts, _send_payout)


@shared_task
def ask_about_open_payments() -> int:
    asked = _work_off("payments.payment", lease_payments_to_ask, _ask_about_payment)
    _catch_up_all()
    return asked


@shared_task
def check_books_nightly() -> int:
    """Number of problems; any stops outgoing money. Looks again before it believes one: money may be on its way."""
    problems: list[Problem] = []
    for look in range(LOOKS):
        if look:
            time.sleep(1)
            _catch_up_all()
        with clock.read_once():
            problems = run_self_check(movements=_records(), at=clock.now())
        if not problems:
            break
    return len(problems)


@shared_task
def close_day() -> int:
    return carry_out(close_days, wall=clock.wall())


def _process_event(pk: int, at: datetime) -> None:
    process_event(gateway_event_id=pk, at=at)


def _send_refund(pk: int, at: datetime) -> None:
    send_refund(refund_id=pk, at=at)


def _send_payout(pk: int, at: datetime) -> None:
    send_payout(payout_id=pk, at=at)


def _ask_about_payment(pk: int, at: datetime) -> None:
    ask_about_payment(payment_id=pk, at=at)


Handler = Callable[[int, datetime], None]


def _work_off(subject_type: str, lease: Callable[..., list[int]], handle: Handler) -> int:
    """Lease one row at a time and handle it, until none is due or the time is up. Returns how many went well."""
    worked, began = 0, time.monotonic()
    while time.monotonic() - began < BUDGET_SECONDS:
        leased = carry_out(lease, wall=clock.wall(), most=1)
        if not leased:
            break
        worked += _handle(subject_type, leased[0], handle)
    return worked


def _handle(subject_type: str, pk: int, handle: Handler) -> bool:
    try:
        with clock.read_once():
            handle(pk, clock.now())
        return True
    except Unanswered as error:
        log.warning("%s %s: %s", subject_type, pk, error)
    # Whatever a row raises, its lease brings it back later; it blocks no other row, and staff hear of it.
    except Exception as error:
        log.error("%s %s failed", subject_type, pk, exc_info=error)
        raise_alarm("exchange_fails", subject_type, pk, f"{type(error).__name__}: {error}")
    return False


def _catch_up(name: str) -> None:
    """The cache keeps how far we read; without it the record is read from its start, to the same effect."""
    place = f"payments:movements-followed:{name}"
    try:
        with clock.read_once():
            followed = catch_up(gateway_name=name, since=cache.get(place) or 0, at=clock.now())
        cache.set(place, followed, timeout=None)
    except GatewayError as error:
        log.warning("record of %s not read: %s", name, error)


def _catch_up_all() -> None:
    for name in GATEWAYS:
        _catch_up(name)


def _records() -> dict[str, list[Movement]]:
    """The records that are to be had; the books are checked without the others, and staff hear of it."""
    records = {}
    for name in GATEWAYS:
        try:
            records[name] = list_movements(name)
        except Unanswered as error:
            raise_alarm("gateway_record_unread", f"gateway:{name}", 0, str(error))
    return records
