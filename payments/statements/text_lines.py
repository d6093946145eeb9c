"""Bytes to numbered lines of text, a chunk at a time.

Encoding: ASCII until a line holds another byte. If that line is UTF-8 the file is UTF-8, else it is Windows-1252 (which
holds Latin-1's letters). A later line that is of the other kind makes the file mixed, and it is refused.
A UTF-8 byte order mark is dropped. UTF-16 and control characters are refused.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from payments.statements.bytes_read import BytesRead
from payments.statements.limits import LONGEST_LINE_BYTES
from payments.statements.refusals import unreadable

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
FRAMING = dict.fromkeys(map(ord, "\x01\x02\x03\x1a"))
"""Control characters with which transmission protocols begin and end a text, or two on one line."""


class TextLine(NamedTuple):
    """`ended` is false for a last line without its line break: it may have been cut."""

    number: int
    text: str
    ended: bool


def text_lines(file: BytesRead) -> Iterator[TextLine]:
    """Lines from 1, without their CR, LF or CRLF. Raises Unreadable for long lines and for bytes that are no text."""
    text_of = _Decoder().text_of
    number, rest = 0, b""
    while chunk := file.read():
        chunk = rest + chunk
        half = chunk.endswith(b"\r")
        *whole, rest = (chunk[:-1] if half else chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        rest += b"\r" if half else b""
        for raw in whole:
            number += 1
            yield TextLine(number, text_of(raw, number), True)
        if len(rest) > LONGEST_LINE_BYTES:
            raise unreadable("too_long", number + 1)
    if rest:
        yield TextLine(number + 1, text_of(rest.rstrip(b"\r"), number + 1), rest.endswith(b"\r"))


class _Decoder:
    def __init__(self) -> None:
        self.encoding = ""

    def text_of(self, raw: bytes, number: int) -> str:
        if len(raw) > LONGEST_LINE_BYTES:
            raise unreadable("too_long", number)
        text = raw.decode("ascii") if raw.isascii() else self._decoded(raw, number)
        if number == 1:
            text = text.removeprefix("\ufeff")
        if CONTROL.search(text):
            text = text.translate(FRAMING)
            if CONTROL.search(text):
                raise unreadable("wrong_encoding", number, found="control characters")
        return text

    def _decoded(self, raw: bytes, number: int) -> str:
        text, encoding = _as_utf_8(raw), "utf-8"
        if text is None:
            text, encoding = _as_windows_1252(raw, number), "cp1252"
        self.encoding = self.encoding or encoding
        if self.encoding != encoding:
            raise unreadable("wrong_encoding", number, found=f"{self.encoding}, {encoding}")
        return text


def _as_utf_8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _as_windows_1252(raw: bytes, number: int) -> str:
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError as broken:
        raise unreadable("wrong_encoding", number, found=f"0x{raw[broken.start]:02x}") from broken
