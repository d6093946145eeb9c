from celery import shared_task

from core import clock
from messaging.sending import send_waiting


@shared_task
def send_waiting_mail() -> int:
    with clock.read_once():
        return send_waiting()
