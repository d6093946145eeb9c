"""The work of payments, read from rows: any number of workers may run any of these at once, and any may be killed."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import shared_task
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured

from core import clock
from core.actions import carry_out
from core.alarms import clear_alarms, raise_alarm
from payments.actions.books import watch_self_check
from payments.actions.closing import close_days
from payments.actions.evidence import lease_chargebacks
from payments.actions.gateway_event import lease_gateway_events
from payments.actions.payment import lease_payments_to_ask
from payments.actions.sending import lease_payouts, lease_refunds
from payments.actions.settlements import watch_settlements
from payments.books import RecordLine
from payments.exchanges.answers import GatewayError, Unanswered
from payments.exchanges.disputes import look_after_chargeback
from payments.exchanges.events import process_event
from payments.exchanges.pay import ask_about_payment
from payments.exchanges.payouts import send_payout
from payments.exchanges.reconcile import catch_up_by_pages, list_movements
from payments.exchanges.refunds import send_refund
from payments.exchanges.statements import import_waiting_files
from payments.routing import gateways_watched
from payments.self_check import run_self_check

log = logging.getLogger(__name__)

BUDGET_SECONDS = 45
"""A run stops leasing after this, well within the task's time limit: a slow gateway must not get a worker killed."""

NIGHT_SECONDS = 3600
"""Time limit of what reads all books: it grows with them, and must end before the next night."""

NIGHT_FOLLOWS_SECONDS = NIGHT_SECONDS / 4
"""Of that, for following the records of all gateways from their start."""

FAILS_ALARM = "exchange_fails"
STOPPED_ALARM = "gateway_record_stopped"
STOPPED_TOO_LONG = timedelta(minutes=5)

TURN = 10
"""So many rows of one kind before the other kind has its turn."""


@shared_task
def process_gateway_events() -> int:
    return _work_off("payments.gatewayevent", lease_gateway_events, _process_event, until=_budget()).went_well


@shared_task
def send_outgoing_money() -> int:
    """Refunds and payouts by turns, within one budget: many of the one kind keep nobody of the other waiting."""
    until, worked, left = _budget(), 0, True
    while left and time.monotonic() < until:
        refunds = _work_off("payments.refund", lease_refunds, _send_refund, until=until, most=TURN)
        payouts = _work_off("payments.payout", lease_payouts, _send_payout, until=until, most=TURN)
        worked += refunds.went_well + payouts.went_well
        left = TURN in (refunds.leased, payouts.leased)
    return worked


@shared_task
def ask_about_open_payments() -> int:
    """Then the gateways' records, in a time of their own: many open payments must not keep what was missed unread."""
    asked = _work_off("payments.payment", lease_payments_to_ask, _ask_about_payment, until=_budget()).went_well
    until = _budget()
    for name in gateways_watched():
        _catch_up(name, until)
    return asked


@shared_task
def import_statements() -> int:
    return import_waiting_files(until=_budget())


@shared_task
def look_after_chargebacks() -> int:
    """What the banks have decided of open charge-backs, and packets of evidence that are to go out."""
    return _work_off("payments.chargeback", lease_chargebacks, _look_after_chargeback, until=_budget()).went_well


@shared_task(time_limit=NIGHT_SECONDS)
def check_books_nightly() -> int:
    """Number of problems; any stops outgoing money."""
    with clock.read_once():
        problems = run_self_check(
            gateways=gateways_watched(), fetch=_record_of, at=clock.now(), before_next_look=_follow_all_records
        )
    return len(problems)


@shared_task
def watch_nightly_check() -> bool:
    return carry_out(watch_self_check, wall=clock.wall())


@shared_task
def watch_money_to_our_bank() -> int:
    """In how many currencies what a gateway paid out to our bank did not arrive in time."""
    with clock.read_once():
        return carry_out(watch_settlements, at=clock.now())


@shared_task(time_limit=NIGHT_SECONDS)
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


def _look_after_chargeback(pk: int, at: datetime) -> None:
    look_after_chargeback(chargeback_id=pk, at=at)


Handler = Callable[[int, datetime], None]


@dataclass(frozen=True)
class Worked:
    leased: int
    went_well: int


def _budget() -> float:
    """When a run that begins now must be over."""
    return time.monotonic() + BUDGET_SECONDS


def _work_off(
    subject_type: str, lease: Callable[..., list[int]], handle: Handler, *, until: float, most: int | None = None
) -> Worked:
    """Lease one row at a time and handle it, until none is due, or `most` are done, or the time is up."""
    leased = went_well = 0
    while time.monotonic() < until and leased != most:
        ids = carry_out(lease, wall=clock.wall(), most=1)
        if not ids:
            break
        leased += 1
        went_well += _handle(subject_type, ids[0], handle)
    return Worked(leased, went_well)


def _handle(subject_type: str, pk: int, handle: Handler) -> bool:
    try:
        with clock.read_once():
            handle(pk, clock.now())
        clear_alarms(FAILS_ALARM, subject_type, pk)
        return True
    except Unanswered as error:
        log.warning("%s %s: %s", subject_type, pk, error)
    # Whatever a row raises, its lease brings it back later; it blocks no other row, and staff hear of it.
    except Exception as error:
        log.error("%s %s failed", subject_type, pk, exc_info=error)
        raise_alarm(FAILS_ALARM, subject_type, pk, f"{type(error).__name__}: {error}")
    return False


def _catch_up(name: str, until: float) -> None:
    """The cache keeps how far we read; without it the record is read from its start, to the same effect."""
    _follow_record(name, cache.get(_place_of(name)) or 0, until)


def _follow_record(name: str, since: int, until: float) -> None:
    """The place is kept page by page, and only forwards: what the time doesn't reach is the next run's."""
    moved = False
    try:
        with clock.read_once():
            for followed in catch_up_by_pages(gateway_name=name, since=since, at=clock.now(), until=until):
                moved = True
                if followed > (cache.get(_place_of(name)) or 0):
                    cache.set(_place_of(name), followed, timeout=None)
    except (GatewayError, ImproperlyConfigured) as error:
        log.warning("record of %s not followed: %s", name, error)
        _note_stopped(name, error, moved=moved)
    else:
        cache.delete(_stopped_at(name))
        clear_alarms(STOPPED_ALARM, f"gateway:{name}", 0)


def _note_stopped(name: str, error: Exception, *, moved: bool) -> None:
    """An alarm once the same place was not left for a while: all money behind it waits, too."""
    now = clock.wall()
    if moved:
        cache.delete(_stopped_at(name))
    since = cache.get_or_set(_stopped_at(name), now, timeout=None) or now
    if now - since >= STOPPED_TOO_LONG:
        words = f"since {since:%Y-%m-%d %H:%M} UTC: {type(error).__name__} {error}"
        raise_alarm(STOPPED_ALARM, f"gateway:{name}", 0, words)


def _follow_all_records() -> None:
    """From their start: what could not be followed at its time, and was passed over, may be mended by now."""
    time.sleep(1)
    names = gateways_watched()
    for name in names:
        _follow_record(name, 0, time.monotonic() + NIGHT_FOLLOWS_SECONDS / len(names))


def _place_of(name: str) -> str:
    return f"payments:movements-followed:{name}"


def _stopped_at(name: str) -> str:
    return f"payments:movements-stopped:{name}"


def _record_of(name: str) -> list[RecordLine] | None:
    """None when it can't be read: the books are checked without it, and staff hear of it."""
    try:
        movements = list_movements(name)
    except (GatewayError, ImproperlyConfigured) as error:
        raise_alarm("gateway_record_unread", f"gateway:{name}", 0, f"{type(error).__name__}: {error}")
        return None
    clear_alarms("gateway_record_unread", f"gateway:{name}", 0)
    return movements
