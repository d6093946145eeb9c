"""Bank statements for programs of staff: sent once, read in their order, followed to the end."""

import hashlib
from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api_view import StaffApiView
from companies.models import StaffGroup
from core.api import cursor_id, page_size
from core.errors import Invalid
from payments.actions.statements import receive_statement_file
from payments.bank_queries import get_statement_file, lines_of, list_statement_files, tally_of
from payments.bank_serializers import (
    NewStatementSerializer,
    StatementFileSerializer,
    StatementLinesSerializer,
    StatementPageSerializer,
    StatementResultSerializer,
)
from payments.models import StatementFile

LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25})


class BankStatementListView(StaffApiView):
    group: ClassVar = StaffGroup.TREASURER
    tag: ClassVar[str] = "bank statements"
    parser_classes: Sequence[type[BaseParser]] = (MultiPartParser,)
    input_serializer = NewStatementSerializer
    answers: ClassVar = {
        "GET": {200: StatementPageSerializer},
        "POST": {200: StatementFileSerializer, 202: StatementFileSerializer},
    }
    query_parameters = (OpenApiParameter("cursor", str, description="The next_cursor of the page before."), LIMIT)

    def get(self, request: Request) -> Response:
        """Statement files, newest first. For treasurers."""
        most = page_size(request)
        rows = list_statement_files(before_id=cursor_id(StatementFile.objects.all(), request), most=most + 1)
        page = rows[:most]
        shown = {"results": page, "next_cursor": page[-1].reference if len(rows) > most else None}
        return Response(StatementPageSerializer(shown).data)

    def post(self, request: Request) -> Response:
        """Send a statement file (multipart, `file`). 202: it is new. Nothing of it is booked before another treasurer
        confirmed it in the admin.

        200: the same file came before. Nothing was changed, but that a quarantined one is read again; one that another
        treasurer refused is not, for whoever sent it.
        """
        file = self.read_input()["file"]

        def run() -> tuple[int, dict[str, Any]]:
            received = receive_statement_file(source=file, file_name=file.name, by=self.by, at=self.at)
            return (202 if received.is_new else 200), dict(StatementFileSerializer(received.file).data)

        return self.answer_once(run)

    def _request_key(self) -> dict[str, Any]:
        """A file is told from another by its hash: its content is never kept with the key."""
        digest = hashlib.sha256()
        for piece in self.request.FILES["file"].chunks():
            digest.update(piece)
        scope = f"{self.scope()} {self.request.method} {self.request.path}"
        return {"scope": scope, "key": self.key, "body": {"sha256": digest.hexdigest()}}


class BankStatementView(StaffApiView):
    group: ClassVar = StaffGroup.TREASURER
    tag: ClassVar[str] = "bank statements"
    answers: ClassVar = {"GET": {200: StatementResultSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """One file: how far it is, and what its lines were taken for so far."""
        file = get_statement_file(ref)
        return Response(StatementResultSerializer({"file": file, "outcomes": tally_of(file)}).data)


class BankStatementLinesView(StaffApiView):
    group: ClassVar = StaffGroup.TREASURER
    tag: ClassVar[str] = "bank statements"
    answers: ClassVar = {"GET": {200: StatementLinesSerializer}}
    query_parameters = (OpenApiParameter("cursor", int, description="The next_cursor of the page before."), LIMIT)

    def get(self, request: Request, ref: str) -> Response:
        """The lines of a file in their order, each with its outcome and the reason."""
        most = page_size(request)
        rows = lines_of(get_statement_file(ref), after=_place(request), most=most + 1)
        page = rows[:most]
        shown = {"results": page, "next_cursor": page[-1].place if len(rows) > most else None}
        return Response(StatementLinesSerializer(shown).data)


def _place(request: Request) -> int:
    said = request.query_params.get("cursor", "") or "0"
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise Invalid(fields={"cursor": _("Give the next_cursor of the page before.")})
    return int(said)
