"""What a file really is: sniffed, decoded, and both compared with what its sender said."""

import hashlib
import re
import tempfile
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

import puremagic
from PIL import Image

from evidence.file_types import MAX_BYTES
from evidence.models import Reason

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
MAX_PIXELS = 120_000_000
"""More is no photo: it would take half a gigabyte to decode."""
PDF_TAIL_BYTES = 1024
EDGE_BYTES = 4096
# Long enough not to turn up in compressed pixels by chance, so that it is looked for everywhere.
SCRIPT = re.compile(rb"<script[\s>]|<!doctype\s+html", re.IGNORECASE)
# Shorter words would: these are looked for at both ends, where those who sniff look.
MARKUP = re.compile(rb"<(?:script|html|svg|body|iframe|\?php|!doctype\s+html)\b", re.IGNORECASE)
OVERLAP = 32


@dataclass(frozen=True)
class Claim:
    """What the sender said: bytes, hex, media type."""

    size_bytes: int
    sha256: str
    content_type: str


def judge(chunks: Iterable[bytes], claim: Claim) -> Reason | None:
    """Read a file once and say why it must be rejected, or None if it is what its sender said.

    Needs as much disk as the file, in a temporary file that is gone afterwards. Images must decode to the last line.
    """
    digest, size, script, tail = hashlib.sha256(), 0, False, b""
    with tempfile.TemporaryFile() as copy:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                return Reason.TOO_LARGE
            digest.update(chunk)
            script = script or SCRIPT.search(tail + chunk) is not None
            tail = (tail + chunk)[-OVERLAP:]
            copy.write(chunk)
        if size == 0:
            return Reason.EMPTY
        if size < claim.size_bytes:
            return Reason.CUT_OFF
        if digest.hexdigest() != claim.sha256:
            return Reason.HASH_DIFFERS
        if sniff(copy) != claim.content_type:
            return Reason.WRONG_TYPE
        if claim.content_type == "application/pdf":
            return judge_pdf(copy)
        # A picture that also holds a page is two files in one: whoever sniffs last would run it.
        if script or any(MARKUP.search(edge) for edge in edges(copy, EDGE_BYTES)):
            return Reason.WRONG_TYPE
        return judge_image(copy, FORMATS[claim.content_type])


def edges(file: IO[bytes], length: int) -> tuple[bytes, bytes]:
    """The first and the last `length` bytes."""
    file.seek(0)
    head = file.read(length)
    size = file.seek(0, 2)
    file.seek(max(0, size - length))
    return head, file.read()


def sniff(file: IO[bytes]) -> str:
    """The media type by the first bytes; empty if unknown."""
    file.seek(0)
    head = file.read(4096)
    try:
        found = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return ""
    return {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}.get(found, found)


def judge_image(file: IO[bytes], image_format: str) -> Reason | None:
    """Decode every line: a cut-off picture has a perfect beginning."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            file.seek(0)
            with Image.open(file, formats=[image_format]) as picture:
                picture.verify()
            file.seek(0)
            with Image.open(file, formats=[image_format]) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    return Reason.WRONG_TYPE
                # Eight times smaller where the format can: all bytes are read, a fraction of the memory is used.
                picture.draft("RGB", (picture.width // 8, picture.height // 8))
                picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, Image.UnidentifiedImageError):
        return Reason.WRONG_TYPE
    # Decoders speak of a cut-off or broken stream in several ways; none of them is a picture.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError):
        return Reason.CUT_OFF
    return None


def judge_pdf(file: IO[bytes]) -> Reason | None:
    """Header at the first byte, end mark at the end (ISO 32000-1, 7.5), no page of markup around it."""
    head, tail = edges(file, PDF_TAIL_BYTES)
    if not re.match(rb"%PDF-[12]\.\d", head):
        return Reason.WRONG_TYPE
    end = tail.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in tail[:end]:
        return Reason.CUT_OFF
    if MARKUP.search(head.split(b"obj", 1)[0]) or MARKUP.search(tail[end:]):
        return Reason.WRONG_TYPE
    return None
