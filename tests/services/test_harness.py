"""What the tests stand on: the web role under test, and each test beginning with the rows that migrations made."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import ProgrammingError, connection
from pytest_socket import SocketConnectBlockedError

from services.postgres import OWNER, WEB
from tests.plugins.database import empty_database


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", [1, 2])
def test_begins_with_the_rows_of_the_migrations_whatever_was_written_before(attempt: int) -> None:
    assert not Group.objects.exists()
    first_rows = ContentType.objects.count()
    assert first_rows > 10
    ContentType.objects.filter(app_label="auth").delete()
    Group.objects.create(name="written by this test")


@pytest.mark.django_db
def test_the_application_under_test_owns_nothing_and_cannot_truncate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        assert cursor.fetchone() == (WEB,)
        with pytest.raises(ProgrammingError, match="permission denied"):
            cursor.execute("TRUNCATE auth_group")


def test_owner_connection_owns_the_tables(owner_connection: Any) -> None:
    with owner_connection.cursor() as cursor:
        cursor.execute("SELECT session_user, pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'auth_group'")
        assert cursor.fetchone() == (OWNER, OWNER)


def test_only_the_superuser_empties(services: Any) -> None:
    with pytest.raises(AssertionError):
        empty_database(services.postgres.url(OWNER, services.database))


@pytest.mark.django_db(transaction=True)
def test_a_command_started_by_a_test_sees_the_same_database() -> None:
    Group.objects.create(name="seen from another process")
    program = (
        "import django; django.setup(); from django.contrib.auth.models import Group; "
        "print('names', [group.name for group in Group.objects.all()])"
    )
    result = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", program],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]},
        cwd=Path(settings.BASE_DIR),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "names ['seen from another process']" in result.stdout


def test_sockets_stay_on_this_machine() -> None:
    with socket.socket() as outside, pytest.raises(SocketConnectBlockedError):
        outside.connect(("192.0.2.1", 80))
