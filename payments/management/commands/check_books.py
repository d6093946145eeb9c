from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.books import check_books
from payments.exchanges.answers import GatewayError
from payments.exchanges.reconcile import compare_with_gateway


class Command(BaseCommand):
    help = "Check that the books are true of themselves. Says each problem; exits 1 when there is one. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--gateway", help="compare with this gateway's own record as well, for example: sandbox")

    def handle(self, *args: Any, gateway: str | None = None, **options: Any) -> None:
        problems = check_books()
        if gateway:
            try:
                problems += compare_with_gateway(gateway)
            except GatewayError as error:
                raise CommandError(f"the record of {gateway} is not to be had: {error}") from error
        for problem in problems:
            self.stderr.write(str(problem))
        if problems:
            raise CommandError(f"{len(problems)} problems: the books do not balance")
        self.stdout.write("The books balance." if not gateway else f"The books balance, and agree with {gateway}.")
