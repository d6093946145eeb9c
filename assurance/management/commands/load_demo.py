from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from assurance.demo.loader import load_demo
from companies.models import User


class Command(BaseCommand):
    help = "Load demo companies, products and orders into an empty database, in sandbox mode, with services running."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("demo data is for the sandbox only")
        if User.objects.exists():
            self.stdout.write("the database has people already; nothing was loaded")
            return
        count = load_demo(lambda words: self._say(words))
        self.stdout.write(f"demo loaded: {count} orders")

    def _say(self, words: str) -> None:
        self.stdout.write(f"loading demo: {words}")
        self.stdout.flush()
