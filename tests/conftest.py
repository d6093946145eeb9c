"""Fixtures of every test. Those imported here replace fixtures of pytest's own plugins by the same name."""

from tests.plugins.browser import browser_type_launch_args
from tests.plugins.services import django_db_setup

__all__ = ["browser_type_launch_args", "django_db_setup"]

pytest_plugins = ["tests.cast", "tests.plugins.order"]
