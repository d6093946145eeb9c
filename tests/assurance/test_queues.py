"""What waits for gateways has a queue of its own: one that hangs keeps no clock, news or mail waiting."""

from celery import current_app
from django.conf import settings

from services.children import worker_command

OF_GATEWAYS = {"payments.tasks"}


def queue_of(task: str) -> str:
    return str(current_app.amqp.router.route({}, task)["queue"].name)


def test_every_task_of_beat_has_the_queue_of_what_it_waits_for() -> None:
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert len(names) > 8
    for name in names - {"payments.tasks.watch_nightly_check"}:
        expected = "gateways" if name.rpartition(".")[0] in OF_GATEWAYS else "celery"
        assert queue_of(name) == expected, name


def test_who_watches_the_nightly_check_does_not_wait_behind_it() -> None:
    assert queue_of("payments.tasks.watch_nightly_check") == "celery"


def test_every_queue_has_its_worker() -> None:
    queues = {queue.name for queue in settings.CELERY_TASK_QUEUES}
    assert queues == {"celery", "gateways"}
    for queue in queues:
        command = worker_command(queue)
        assert command[command.index("--queues") + 1] == queue
