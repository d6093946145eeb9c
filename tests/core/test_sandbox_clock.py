from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from core.errors import Busy
from core.models import SandboxClock
from core.sandbox_clock import LOCK_KEY, move_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def another_mover(web_connection: Any) -> Any:
    """Somebody else's session moves the clock at this moment."""
    with web_connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
    return web_connection


def test_a_second_mover_is_told_to_wait_and_moves_nothing(another_mover: Any) -> None:
    with pytest.raises(Busy):
        move_clock(by=timedelta(days=1))
    answer = Client().post(reverse("sandbox-clock"), {"step": "day", "next": "/"}, follow=True)
    assert "being moved at this moment" in answer.content.decode()
    assert not SandboxClock.objects.exists()


def test_the_next_one_may_move_it(another_mover: Any) -> None:
    another_mover.close()
    before = clock.now()
    move_clock(by=timedelta(days=1))
    assert clock.now() - before >= timedelta(days=1)
