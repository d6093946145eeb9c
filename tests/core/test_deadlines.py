from datetime import datetime, timedelta

import pytest
from django.db import connection
from psycopg2 import errorcodes

from core import clock, deadlines
from core.errors import IllegalMove
from core.models import Alarm, Deadline, DeadlineState, Heartbeat

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def subject() -> Heartbeat:
    return Heartbeat.objects.create(name="a thing with a clock", beat_at=clock.wall())


@pytest.fixture
def acted(subject, monkeypatch) -> list[tuple[int, datetime]]:
    calls: list[tuple[int, datetime]] = []
    monkeypatch.setattr(deadlines, "_handlers", {})
    deadlines.register(
        "lapse",
        lock=lambda pk: Heartbeat.objects.select_for_update(no_key=True).get(pk=pk),
        act=lambda subject_id, at: calls.append((subject_id, at)),
    )
    return calls


def run_at(moment: datetime) -> None:
    while (due := deadlines.lease_next(until=moment)) is not None:
        deadlines.carry_out_deadline(due, at=moment)


@pytest.mark.parametrize(("late_by", "times"), [(-SECOND, 0), (timedelta(0), 1), (SECOND, 1)])
def test_acts_at_its_instant_and_not_a_second_before(subject, acted, late_by, times) -> None:
    due_at = clock.now() + timedelta(days=1)
    deadlines.schedule(subject, "lapse", due_at)
    run_at(due_at + late_by)
    assert len(acted) == times


def test_acts_once_however_often_it_is_swept(subject, acted) -> None:
    due_at = clock.now()
    deadlines.schedule(subject, "lapse", due_at)
    for _time in range(3):
        run_at(due_at)
    assert acted == [(subject.pk, due_at)]
    assert Deadline.objects.get().state == DeadlineState.DONE


def test_a_leased_row_is_not_leased_again(subject, acted) -> None:
    deadlines.schedule(subject, "lapse", clock.now())
    assert deadlines.lease_next(until=clock.now()) is not None
    assert deadlines.lease_next(until=clock.now()) is None


def test_a_lease_that_ran_out_is_taken_over(subject, acted) -> None:
    deadlines.schedule(subject, "lapse", clock.now())
    first = deadlines.lease_next(until=clock.now())
    Deadline.objects.filter(pk=first.pk).update(leased_until=clock.wall() - SECOND)
    run_at(clock.now())
    assert len(acted) == 1


def test_cancelled_between_lease_and_act_does_nothing(subject, acted) -> None:
    deadlines.schedule(subject, "lapse", clock.now())
    due = deadlines.lease_next(until=clock.now())
    deadlines.cancel(subject)
    assert not deadlines.carry_out_deadline(due, at=clock.now())
    assert acted == []


def test_postponed_between_lease_and_act_does_nothing(subject, acted) -> None:
    start = clock.now()
    deadlines.schedule(subject, "lapse", start)
    due = deadlines.lease_next(until=start)
    deadlines.postpone(subject, "lapse", start + timedelta(days=5))
    assert not deadlines.carry_out_deadline(due, at=start)
    assert acted == []
    run_at(start + timedelta(days=5))
    assert len(acted) == 1


def test_pause_and_resume_move_it_by_the_pause_and_more(subject, acted) -> None:
    start = clock.now()
    deadlines.schedule(subject, "lapse", start + timedelta(days=2), reminders=[start + timedelta(days=1)])
    deadlines.pause(subject, "lapse", at=start)
    run_at(start + timedelta(days=9))
    assert acted == []
    deadlines.resume(subject, "lapse", at=start + timedelta(days=3), plus=timedelta(days=5))
    assert deadlines.get(subject, "lapse").due_at == start + timedelta(days=10)


def test_one_live_clock_of_a_kind(subject, acted) -> None:
    deadlines.schedule(subject, "lapse", clock.now())
    deadlines.schedule(subject, "lapse", clock.now() + SECOND, replace=True)
    assert len(deadlines.live_of(subject)) == 1


def test_a_refusal_puts_it_off_without_an_alarm_at_first(subject, acted) -> None:
    def refuse(*, subject_id: int, at: datetime) -> None:
        raise IllegalMove

    deadlines.register("refused", lock=lambda pk: None, act=refuse)
    deadlines.schedule(subject, "refused", clock.now())
    run_at(clock.now())
    row = Deadline.objects.get(kind="refused")
    assert row.state == DeadlineState.WAITING and row.leased_until > clock.wall() and not Alarm.objects.exists()


def test_a_poison_row_is_alarmed_and_blocks_nothing(subject, acted) -> None:
    def explode(*, subject_id: int, at: datetime) -> None:
        raise ZeroDivisionError

    deadlines.register("poison", lock=lambda pk: None, act=explode)
    deadlines.schedule(subject, "poison", clock.now() - timedelta(hours=1))
    deadlines.schedule(subject, "lapse", clock.now())
    run_at(clock.now())
    assert len(acted) == 1
    assert Alarm.objects.get().kind == "deadline_fails"


def test_an_alarm_about_a_deadline_ends_with_its_success(subject, acted) -> None:
    deadlines.register("flaky", lock=lambda pk: None, act=lambda subject_id, at: 1 / len(acted))
    deadlines.schedule(subject, "flaky", clock.now())
    run_at(clock.now())
    assert Alarm.objects.get().cleared_at is None
    acted.append((subject.pk, clock.now()))
    Deadline.objects.update(leased_until=None)
    run_at(clock.now())
    assert Deadline.objects.get().state == DeadlineState.DONE
    assert Alarm.objects.get().cleared_at is not None


@pytest.mark.parametrize("code", [errorcodes.LOCK_NOT_AVAILABLE, errorcodes.DEADLOCK_DETECTED])
def test_a_lock_that_was_not_to_be_had_is_like_a_refusal(subject, acted, code) -> None:
    def wait_in_vain(*, subject_id: int, at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = %s; END $$", [code])

    deadlines.register("busy", lock=lambda pk: None, act=wait_in_vain)
    deadlines.schedule(subject, "busy", clock.now())
    for attempt in range(1, deadlines.ALARM_AFTER_REFUSALS + 1):
        Deadline.objects.update(leased_until=None)
        run_at(clock.now())
        assert Deadline.objects.get().attempts == attempt
        assert Alarm.objects.exists() == (attempt == deadlines.ALARM_AFTER_REFUSALS)


def test_what_fell_due_in_an_outage_moves_a_day_behind_its_end(subject, acted) -> None:
    wall = clock.wall()
    Heartbeat.objects.create(name="sweep", beat_at=wall - timedelta(hours=2))
    deadlines.schedule(subject, "lapse", clock.now() - timedelta(hours=1))
    assert deadlines.sweep() == 0
    moved = deadlines.get(subject, "lapse")
    assert timedelta(hours=23, minutes=59) < moved.due_at - clock.now() <= timedelta(hours=24)


def test_ten_quiet_minutes_are_no_outage(subject, acted) -> None:
    Heartbeat.objects.create(name="sweep", beat_at=clock.wall() - timedelta(minutes=9))
    deadlines.schedule(subject, "lapse", clock.now() - timedelta(minutes=1))
    assert deadlines.sweep() == 1
