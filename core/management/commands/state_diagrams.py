from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core.state_diagrams import all_diagrams


class Command(BaseCommand):
    help = "Write docs/states/: one diagram per state machine, derived from the transitions."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "docs" / "states"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in all_diagrams().items():
            (folder / name).write_text(text, encoding="utf-8")
            self.stdout.write(f"docs/states/{name}")
