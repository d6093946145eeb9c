"""A stream of bytes that need not seek: its head can be looked at first, and it is never longer than a file may be."""

from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from payments.statements.limits import MOST_BYTES
from payments.statements.refusals import unreadable

CHUNK_BYTES = 1 << 14


class BytesRead:
    """`total` counts the bytes handed out."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._head = stream, b""
        self.total = 0

    def head(self, count: int) -> bytes:
        """Up to `count` first bytes, which `read` will give again. Call it before `read`."""
        while len(self._head) < count and (more := self._stream.read(count - len(self._head))):
            self._head += more
        return self._head

    def read(self, count: int = CHUNK_BYTES) -> bytes:
        """Some bytes, at most `count` or the head; none at the end. Raises Unreadable beyond MOST_BYTES."""
        found, self._head = self._head or self._stream.read(count), b""
        self.total += len(found)
        if self.total > MOST_BYTES:
            raise unreadable("too_many", most=MOST_BYTES, found=_("bytes"))
        return found
