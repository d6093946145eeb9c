from datetime import timedelta
from functools import partial

import pytest

from core import clock
from payments.actions.gateway_event import (
    finish_gateway_event,
    lease_gateway_events,
    put_off_gateway_event,
    store_gateway_event,
)
from payments.models import GatewayEvent
from tests.concurrency.racing import run_at_once

pytestmark = pytest.mark.django_db


def store(event_id="ev_1", **payload):
    return store_gateway_event(gateway="sandbox", event_id=event_id, payload=payload, wall=clock.wall())


def test_a_twin_is_the_first():
    assert store(type="payment.updated").pk == store(type="other").pk
    assert GatewayEvent.objects.get().payload == {"type": "payment.updated"}


def test_is_leased_until_it_is_finished():
    event, wall = store(), clock.wall()
    assert lease_gateway_events(wall=wall) == [event.pk]
    assert lease_gateway_events(wall=wall) == []
    put_off_gateway_event(gateway_event_id=event.pk, error="no answer")
    assert lease_gateway_events(wall=wall + timedelta(seconds=6)) == [event.pk]
    finish_gateway_event(gateway_event_id=event.pk, wall=wall)
    assert lease_gateway_events(wall=wall + timedelta(days=1)) == []


@pytest.mark.django_db(transaction=True)
def test_twins_at_once_are_one():
    results = run_at_once(partial(store, "ev_2"), count=4)
    assert len({result.pk for result in results}) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_events():
    for number in range(10):
        store(f"ev_{number}")
    wall = clock.wall()
    leased = run_at_once(partial(lease_gateway_events, wall=wall, most=5), count=2)
    assert sorted(pk for pks in leased for pk in pks) == sorted(GatewayEvent.objects.values_list("pk", flat=True))
