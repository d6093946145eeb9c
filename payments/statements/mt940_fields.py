"""The framing of MT940: numbered lines to tagged fields, one at a time, whatever stands around the messages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from payments.statements.limits import MOST_FIELD_LINES
from payments.statements.refusals import unreadable
from payments.statements.text_lines import TextLine

TAGS = frozenset(
    ["13", "13D", "20", "21", "25", "25P", "28", "28C", "34F", "60", "60F", "60M", "61", "62", "62F", "62M", "64", "65"]
    + ["86", "90C", "90D", "NS"]
)
"""Only these begin a field; ":12:11" inside a text is a time of day."""

CLOSING = frozenset(["62", "62F", "62M"])
END = "-"
"""The tag that stands for the end of a message."""

TAG = re.compile(r":([0-9]{2}[A-Z]?|NS):")
ENVELOPE = re.compile(r"\{[1-5S]:")
TEXT_BLOCK = "{4:"


@dataclass(slots=True)
class Field:
    """`lines` are as in the file, the tag cut off. `ended` is false where the file stops inside the last line."""

    tag: str
    at_line: int
    lines: list[str]
    ended: bool = True

    def add(self, line: TextLine) -> None:
        if len(self.lines) >= MOST_FIELD_LINES:
            raise unreadable("too_long", line.number)
        self.lines.append(line.text)
        self.ended = line.ended


def fields_of(lines: Iterator[TextLine]) -> Iterator[Field]:
    """Fields, and an END after each message that says so. Lines before, between and after messages are dropped."""
    field: Field | None = None
    closed = False
    for line in lines:
        text = _out_of_envelope(line.text)
        tag = _tag_of(text)
        if not tag and field is None:
            continue
        if tag or _ends_message(line.text, closed=closed):
            if field:
                yield field
            field = Field(tag, line.number, [text[len(tag) + 2 :]], line.ended) if tag else None
            closed = tag in CLOSING or (closed and tag not in ("20", "25", "25P"))
            if not tag:
                yield Field(END, line.number, [], line.ended)
        elif field and field.tag not in CLOSING:
            field.add(line)
    if field:
        yield field


def _tag_of(text: str) -> str:
    found = TAG.match(text)
    return found[1] if found and found[1] in TAGS else ""


def _out_of_envelope(text: str) -> str:
    """What follows the headers of a SWIFT message on their line."""
    if ENVELOPE.match(text) and TEXT_BLOCK in text:
        return text.partition(TEXT_BLOCK)[2]
    return text


def _ends_message(text: str, *, closed: bool) -> bool:
    """A hyphen ends it; with more behind it only in an envelope, or where no text can stand."""
    return text.rstrip() == END or text.startswith("-}") or bool(ENVELOPE.match(text)) or (closed and text[:1] == END)
