"""A stored file as a stream: one chunk of it in memory at a time."""

import io
from typing import BinaryIO

from payments.models import StatementChunk


def open_stored(file_id: int) -> BinaryIO:
    """A statement file's content, to be read once."""
    return io.BufferedReader(_ChunkStream(file_id))


class _ChunkStream(io.RawIOBase):
    """Reads a statement file's chunks once, in their order."""

    def __init__(self, file_id: int) -> None:
        super().__init__()
        self._file_id = file_id
        self._place, self._rest = 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if not self._rest:
            found = StatementChunk.objects.filter(file_id=self._file_id, place=self._place)
            content = found.values_list("content", flat=True).first()
            self._rest, self._place = bytes(content or b""), self._place + 1
        taken = self._rest[: len(view)]
        view[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
