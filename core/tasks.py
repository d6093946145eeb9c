from celery import shared_task

from core import clock, deadlines, events, idempotency


@shared_task
def run_courier() -> int:
    with clock.read_once():
        return events.run_courier()


@shared_task
def sweep_deadlines() -> int:
    with clock.read_once():
        return deadlines.sweep()


@shared_task
def forget_old_keys() -> int:
    return idempotency.forget_old_keys()
