from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.actions import carry_out
from core.actors import platform
from core.errors import Refused
from payments.actions.statements import Received, receive_statement_file
from payments.bank_queries import tally_of
from payments.exchanges.statements import import_file
from payments.models import StatementFile, StatementState


class Command(BaseCommand):
    help = (
        "Import every bank statement of a folder, in the order of their names. Moves no file: what came before is known"
        " by its hash. Says what became of each; exits 1 when one was quarantined or refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder")
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        bad = sum(not self._import(path) for path in paths)
        self.stdout.write(f"{len(paths)} files, {bad} not imported.")
        if bad:
            raise CommandError("at least one file was not imported")

    def _import(self, path: Path) -> bool:
        try:
            received = self._receive(path)
        except Refused as refusal:
            beside = " ".join(str(words) for words in getattr(refusal, "fields", {}).values())
            self.stderr.write(f"{path.name}: {beside or refusal.words}")
            return False
        file = import_file(file_id=received.file.pk, until=float("inf"))
        known = "" if received.is_new else "known already, "
        self.stdout.write(f"{path.name}: {known}{self._words(file)}")
        return file.state != StatementState.QUARANTINED

    def _receive(self, path: Path) -> Received:
        with path.open("rb") as source:
            return carry_out(receive_statement_file, source=source, file_name=path.name, by=platform(), at=clock.now())

    def _words(self, file: StatementFile) -> str:
        if file.state == StatementState.QUARANTINED:
            return f"QUARANTINED, line {file.problem_line}: {file.problem_words}"
        parts = [f"{tally.lines} {tally.label} {tally.currency}" for tally in tally_of(file)]
        return f"{file.state}, {file.lines} lines: {', '.join(parts) or 'none'}"
