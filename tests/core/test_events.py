from datetime import datetime

import pytest
from django.db import transaction

from core import clock, events
from core.models import Alarm, Delivery, DeliveryState, Event

pytestmark = pytest.mark.django_db


@events.event
class SomethingHappened:
    thing_id: int
    at: datetime


heard: list[int] = []


def listen(happened: SomethingHappened) -> None:
    heard.append(happened.thing_id)


def stumble(happened: SomethingHappened) -> None:
    Event.objects.create(name="half a write", payload={}, at=happened.at)
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def reactions(monkeypatch) -> None:
    heard.clear()
    monkeypatch.setattr(events, "_reactions", {})
    events.subscribe(SomethingHappened, listen)


def publish(thing_id: int = 7) -> None:
    with transaction.atomic():
        events.publish(SomethingHappened(thing_id=thing_id, at=clock.now()))


def test_is_heard_once_by_each() -> None:
    publish()
    assert events.run_courier() == 1
    assert events.run_courier() == 0
    assert heard == [7]


def test_is_not_heard_when_the_transaction_fails() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.publish(SomethingHappened(thing_id=1, at=clock.now()))
        raise ZeroDivisionError
    assert events.run_courier() == 0 and heard == []


def test_a_failing_reaction_undoes_its_writes_waits_and_blocks_nobody() -> None:
    events._reactions["tests.SomethingHappened"] = []
    events.subscribe(SomethingHappened, stumble, listen)
    publish()
    assert events.run_courier() == 1
    assert heard == [7]
    assert not Event.objects.filter(name="half a write").exists()
    waiting = Delivery.objects.get(state=DeliveryState.WAITING)
    assert waiting.attempts == 1 and waiting.due_at > clock.wall() and "ZeroDivisionError" in waiting.last_error


def test_raises_an_alarm_from_the_third_failure_on() -> None:
    events._reactions["tests.SomethingHappened"] = []
    events.subscribe(SomethingHappened, stumble)
    publish()
    for _time in range(3):
        Delivery.objects.update(due_at=clock.wall())
        events.run_courier()
    assert Alarm.objects.get().kind == "delivery_fails"


def test_the_alarm_ends_with_the_delivery() -> None:
    events._reactions["tests.SomethingHappened"] = []
    events.subscribe(SomethingHappened, stumble)
    publish()
    for _time in range(3):
        Delivery.objects.update(due_at=clock.wall())
        events.run_courier()
    events._reaction_of[f"{__name__}.stumble"] = listen
    events.retry_now(Delivery.objects.get().pk)
    assert events.run_courier() == 1
    assert Alarm.objects.get().cleared_at is not None


def test_staff_can_have_it_retried_at_once() -> None:
    events._reactions["tests.SomethingHappened"] = []
    events.subscribe(SomethingHappened, stumble)
    publish()
    events.run_courier()
    events.retry_now(Delivery.objects.get().pk)
    assert Delivery.objects.get().due_at <= clock.wall()


def test_a_broker_that_is_down_is_no_error(settings, monkeypatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(events.current_app, "send_task", refuse)
    monkeypatch.setattr(events, "_next_nudge", 0.0)
    events.nudge()
