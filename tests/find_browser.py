"""`python -m tests.find_browser`: leave the machine with a Chromium, or say how to get one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.plugins.browser import NAMES, found_chromium


def own_chromium() -> str | None:
    """Path of Playwright's own Chromium, if it was downloaded before."""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """From Debian's packages where we may, else Playwright's download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "check": False}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)  # noqa: S607 (Debian's own program)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], **quiet)  # noqa: S607
        if found_chromium():
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    if not (found_chromium() or own_chromium()):
        print("No Chromium found: installing one for the browser tests", flush=True)  # noqa: T201
        install()
    path = found_chromium() or own_chromium()
    if path is None:
        names = ", ".join(NAMES)
        print(  # noqa: T201
            f"The browser tests need a Chromium. Put one of {names} on PATH, or name it in CHROMIUM.", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
