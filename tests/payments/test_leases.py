"""What is leased is what is worked on: never more, whatever plan the database chooses."""

import pytest
from django.db import connection

from payments.actions.gateway_event import lease_gateway_events, store_gateway_event
from payments.models import GatewayEvent
from tests.cast import NOW

pytestmark = pytest.mark.django_db

PLANS = ("enable_hashjoin", "enable_mergejoin", "enable_hashagg", "enable_sort", "enable_material", "enable_nestloop")


@pytest.fixture
def due() -> list[int]:
    events = [
        store_gateway_event(gateway="sandbox", event_id=f"ev_{number}", payload={}, wall=NOW) for number in range(5)
    ]
    return [event.pk for event in events]


@pytest.mark.parametrize("without", [(), PLANS[:2], PLANS[:5], PLANS[5:]])
def test_no_more_is_leased_than_was_asked_for(due: list[int], without: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for plan in without:
            cursor.execute(f"SET LOCAL {plan} = off")
    assert lease_gateway_events(wall=NOW, most=2) == due[:2]
    assert list(GatewayEvent.objects.filter(attempts=0).order_by("pk").values_list("pk", flat=True)) == due[2:]
    assert lease_gateway_events(wall=NOW, most=9) == due[2:]
    assert lease_gateway_events(wall=NOW, most=9) == []
