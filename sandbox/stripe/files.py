"""Uploaded papers: a form of several parts, of which the content's hash is kept."""

import hashlib
import sqlite3
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from sandbox.gateway import Request
from sandbox.stripe import params, record
from sandbox.stripe.record import Document
from sandbox.stripe.refusals import malformed

MOST_BYTES = 5_000_000
CREATE: params.Shape = {
    "purpose*": params.one_of("dispute_evidence"),
    "file*": {"name*": params.text(), "size*": params.integer, "sha256*": params.text(64)},
}


def pairs(request: Request) -> list[tuple[str, str]]:
    """The parts of a form, the file as its name, size and hash. Raises Refusal for anything else."""
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        raise malformed("", "Invalid content type: send multipart/form-data.")
    whole = BytesParser(policy=policy.HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + request.body)
    assert isinstance(whole, EmailMessage)
    return [pair for part in whole.iter_parts() for pair in _pairs_of(part)]


def _pairs_of(part: Any) -> list[tuple[str, str]]:
    name = str(part.get_param("name", header="content-disposition"))
    content = part.get_payload(decode=True) or b""
    if part.get_filename() is None:
        return [(name, content.decode("utf-8", "replace").strip())]
    if not 0 < len(content) <= MOST_BYTES:
        raise malformed("", f"A file has 1 to {MOST_BYTES} bytes.", name)
    facts = {"name": part.get_filename(), "size": str(len(content)), "sha256": hashlib.sha256(content).hexdigest()}
    return [(f"{name}[{fact}]", value) for fact, value in facts.items()]


def create(db: sqlite3.Connection, given: dict[str, Any]) -> Document:
    file = given["file"]
    told = {"purpose": given["purpose"], "filename": file["name"], "size": file["size"], "sha256": file["sha256"]}
    return record.add(db, "file", told)
