"""`python -m services.preparation`: bring the database up to date, and report what is still to be done, in one process.

One process, because each start of Django costs seconds on a small machine. The last line of output is JSON.
"""

import json
import os

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands


def prepare() -> dict[str, bool]:
    """Migrate as the owner; say whether nobody has ever used this database, and which commands of the demo exist."""
    call_command("migrate", interactive=False, verbosity=1)
    return {
        "empty": not get_user_model()._default_manager.exists(),
        "load_demo": "load_demo" in get_commands(),
        "demo_logins": "demo_logins" in get_commands(),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.settings")
    django.setup()
    print(json.dumps(prepare()))
