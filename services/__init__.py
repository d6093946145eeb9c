"""The services of this checkout: what runs, where, and under which credentials.

Imports neither Django nor anything that starts a process: settings read this on every start.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from services.state import LOADING_FILE, default_home, read_state

# An explicit value of the key replaces the embedded service, so that the others of its group must come with it.
GROUPS: dict[str, tuple[str, ...]] = {
    "DATABASE_URL": ("DATABASE_URL", "MIGRATION_DATABASE_URL"),
    "REDIS_URL": ("REDIS_URL",),
    "S3_ENDPOINT_URL": ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_BUCKET"),
    "SANDBOX_GATEWAY_URL": ("SANDBOX_GATEWAY_URL", "SANDBOX_GATEWAY_KEY", "SANDBOX_WEBHOOK_SECRET"),
    "STRIPE_SECRET_KEY": ("STRIPE_API_URL", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"),
    "SECRET_KEY": ("SECRET_KEY",),
    "SITE_URL": ("SITE_URL",),
}


def environment(given: Mapping[str, str] | None = None, home: Path | None = None) -> dict[str, str]:
    """Settings that the embedded services supply, less every group that `given` (the process's own) replaces.

    Empty where no service was ever started. Reads one file; raises nothing for a missing one.
    """
    given = os.environ if given is None else given
    known = read_state(home or default_home()).get("environment", {})
    return {
        name: known[name]
        for key, names in GROUPS.items()
        if not given.get(key)
        for name in names
        if name in known and not given.get(name)
    }


def loading(home: Path | None = None) -> str:
    """The last line of progress while demo data is being loaded, else an empty string."""
    try:
        return ((home or default_home()) / LOADING_FILE).read_text("utf-8").strip()
    except OSError:
        return ""
