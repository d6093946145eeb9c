from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.database_roles import grant_web_role


class Command(BaseCommand):
    help = "Grant the web role its rights and close the switch that turns guards off. Idempotent; `migrate` runs it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--database", default="owner")
        parser.add_argument("--role", default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        grant_web_role(alias=options["database"], role=options["role"])
