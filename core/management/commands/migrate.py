from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from core.database_roles import grant_web_role


class Command(migrate.Command):
    help = "Migrate as the owner, then grant the web role its rights."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        grant_web_role(alias=options["database"])
