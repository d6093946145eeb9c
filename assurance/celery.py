"""The Celery application: work and beat. The broker carries hints only; every task reads its work from PostgreSQL."""

import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.settings")

app = Celery("assurance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def check_start(**_sent: Any) -> None:
    """Celery logs what its signals raise and goes on; only an exit stops it."""
    try:
        # This file is read before the models can be, so what reads them is named here and not at the top.
        import_module("assurance.live_mode").refuse_unsafe_start()
    except ImproperlyConfigured as refusal:
        raise SystemExit(str(refusal)) from refusal
