"""Every reason for a rejection, with real bytes."""

import hashlib

import pytest

from evidence.content import Claim, judge
from evidence.file_types import MAX_BYTES
from evidence.models import Reason
from tests.evidence.files import GIF, HTML, JPEG, PDF, PNG, SVG, TYPES, WEBP, picture


def judged(data: bytes, extension: str, *, size: int | None = None, sha256: str = "") -> Reason | None:
    claim = Claim(
        size_bytes=len(data) if size is None else size,
        sha256=sha256 or hashlib.sha256(data).hexdigest(),
        content_type=TYPES[extension],
    )
    return judge([data[at : at + 1000] for at in range(0, len(data), 1000)], claim)


@pytest.mark.parametrize(("data", "extension"), [(JPEG, "jpg"), (PNG, "png"), (WEBP, "webp"), (PDF, "pdf")])
def test_takes_what_is_what_it_says(data: bytes, extension: str) -> None:
    assert judged(data, extension) is None


def test_takes_a_photo_with_metadata_after_its_end() -> None:
    assert judged(JPEG + b"MotionPhoto_Data" + bytes(500), "jpg") is None


@pytest.mark.parametrize(("data", "extension"), [(JPEG, "jpg"), (PNG, "png"), (WEBP, "webp"), (PDF, "pdf")])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_refuses_a_file_that_its_sender_has_only_in_part(data: bytes, extension: str, share: float) -> None:
    assert judged(data[: int(len(data) * share)], extension) == Reason.CUT_OFF


def test_refuses_less_than_was_said() -> None:
    assert judged(JPEG[:-10], "jpg", size=len(JPEG)) == Reason.CUT_OFF


def test_refuses_an_empty_file() -> None:
    assert judged(b"", "jpg", size=10) == Reason.EMPTY


def test_refuses_another_hash() -> None:
    assert judged(JPEG, "jpg", sha256="0" * 64) == Reason.HASH_DIFFERS


def test_refuses_what_is_over_the_limit_without_reading_on() -> None:
    read = 0

    def endless():
        nonlocal read
        while True:
            read += 1_000_000
            yield bytes(1_000_000)

    assert judge(endless(), Claim(MAX_BYTES, "0" * 64, "image/jpeg")) == Reason.TOO_LARGE
    assert read <= MAX_BYTES + 1_000_000


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        (GIF, "jpg"),
        (PNG, "jpg"),
        (JPEG, "pdf"),
        (PDF, "png"),
        (SVG, "png"),
        (SVG, "jpg"),
        (HTML, "pdf"),
        (HTML + PDF, "pdf"),
        (b"\n" * 20 + PDF, "pdf"),
        (PDF + HTML, "pdf"),
        (b"%PDF-1.4\n<html><script>alert(1)</script>\n" + PDF[9:], "pdf"),
        (b"GIF89a/*" + HTML + b"*/=1;" + GIF, "jpg"),
        (PNG + HTML, "png"),
        (JPEG + HTML, "jpg"),
        (JPEG[:2] + b"\xff\xfe" + (len(SVG) + 2).to_bytes(2, "big") + SVG + JPEG[2:], "jpg"),
        (b"MZ" + bytes(2000), "jpg"),
        (b"PK\x03\x04" + bytes(2000), "pdf"),
        (bytes(2000), "webp"),
    ],
)
def test_refuses_what_is_something_else_or_two_things_at_once(data: bytes, extension: str) -> None:
    assert judged(data, extension) == Reason.WRONG_TYPE


def test_refuses_a_page_hidden_deep_in_a_picture() -> None:
    photo = picture("JPEG", size=200)
    middle = len(photo) // 2
    assert judged(photo[:middle] + HTML + photo[middle:], "jpg") == Reason.WRONG_TYPE


def test_a_page_on_the_border_of_two_chunks_is_seen() -> None:
    filler = PNG + bytes(995 - len(PNG) % 1000 + 1000)
    assert judged(filler + b"<script >" + bytes(9000), "png") == Reason.WRONG_TYPE


def test_refuses_a_picture_that_would_fill_the_memory() -> None:
    tiny = bytearray(PNG)
    tiny[16:24] = (30_000).to_bytes(4, "big") * 2
    assert judged(bytes(tiny), "png") == Reason.WRONG_TYPE
