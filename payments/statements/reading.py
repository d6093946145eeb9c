"""The one door to statement files: which format it is, seen from its content, and its parts."""

import re
from typing import BinaryIO

from payments.statements.bytes_read import CHUNK_BYTES, BytesRead
from payments.statements.camt053 import read_camt053
from payments.statements.lines import Parts
from payments.statements.mt940 import read_mt940
from payments.statements.refusals import unreadable
from payments.statements.rows import is_rows, read_rows
from payments.statements.running import limited
from payments.statements.text_lines import text_lines

UTF_16_STARTS = (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")
MT940_FIELD = re.compile(rb"(?:^|[\r\n]|\{4:):(?:2[058][CP]?|6[0-5][FM]?|86|NS|34F):")


def read_statements(stream: BinaryIO, *, file_name: str) -> Parts:
    """StatementBegin, its StatementLines, StatementEnd, for each statement of a file, read as a stream.

    A StatementEnd comes only after opening and lines were seen to make the closing balance. A file is trusted as a
    whole or not at all: store the parts in one transaction, so that a later Unreadable takes all of them back.
    The format is seen from the content; `file_name` is for words only. The stream need not seek.
    Raises Unreadable; errors of the stream itself pass through.
    """
    file = BytesRead(stream)
    head = file.head(CHUNK_BYTES)
    if not head.strip(b" \t\r\n\x00\x1a\xef\xbb\xbf"):
        raise unreadable("empty")
    if head.startswith(UTF_16_STARTS):
        raise unreadable("wrong_encoding", 1, found="UTF-16")
    if _is_xml(head):
        yield from limited(read_camt053(file, head))
        return
    if is_rows(head):
        yield from limited(read_rows(text_lines(file)))
        return
    if MT940_FIELD.search(head):
        yield from limited(read_mt940(text_lines(file)))
        return
    raise unreadable("unknown_format", found=file_name)


def _is_xml(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
