from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.books import check_books


class Command(BaseCommand):
    help = "Check that the books are true of themselves. Says each problem; exits 1 when there is one. Changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = check_books()
        for problem in problems:
            self.stderr.write(str(problem))
        if problems:
            raise CommandError(f"{len(problems)} problems: the books do not balance")
        self.stdout.write("The books balance.")
