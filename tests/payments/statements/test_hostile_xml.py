"""XML made to hurt: nothing is expanded, fetched or kept beyond the limits."""

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from payments.statements.lines import Unreadable
from payments.statements.reading import read_statements
from tests.payments.statements.reading import refusal_of

CREDIT = (Path(__file__).parent / "samples" / "credit_02.xml").read_text(encoding="utf-8")
MOST_BYTES_KEPT = 24 << 20


def with_doctype(doctype: str, text: str = "") -> str:
    return CREDIT.replace("<Document", doctype + "<Document", 1).replace("INV-2026-118", text or "INV-2026-118")


BILLION_LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 if n > 1 else str()};" * 10}">' for n in range(1, 10))
    + "]>"
)


@pytest.mark.parametrize(
    "content",
    [
        with_doctype(BILLION_LAUGHS, "&a9;"),
        with_doctype('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
        with_doctype('<!DOCTYPE d [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>'),
        with_doctype('<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd">'),
        with_doctype("<!DOCTYPE d>"),
        CREDIT.replace(
            "INV-2026-118", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
        ),
        CREDIT.replace("INV-2026-118", "<a>" * 50 + "</a>" * 50),
        CREDIT.replace("INV-2026-118", "".join(f"<a{n}/>" for n in range(1_100))),
    ],
    ids=["laughs", "file", "parameter", "external_dtd", "bare_dtd", "xinclude", "deep", "names"],
)
def test_is_refused_as_hostile(content: str) -> None:
    assert refusal_of(content)[0] == "hostile_xml"


def test_an_unknown_entity_is_refused() -> None:
    assert refusal_of(CREDIT.replace("INV-2026-118", "&x;"))[0] == "broken_xml"


def test_an_unknown_namespace_inside_is_passed_over() -> None:
    ours = "<AcctSvcrRef>2026110400012345</AcctSvcrRef>"
    stranger = '<x:Amt xmlns:x="urn:x" Ccy="EUR">1.00</x:Amt>'
    parts = list(read_statements(io.BytesIO(CREDIT.replace(ours, ours + stranger).encode()), file_name="x"))
    assert len(parts) == 5


class Endless(io.RawIOBase):
    """A file that never stops: a head, then the same piece again and again."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self.pieces = self._pieces(head, piece)

    def _pieces(self, head: bytes, piece: bytes) -> Iterator[bytes]:
        yield head
        while True:
            yield piece

    def read(self, size: int = -1) -> bytes:
        return next(self.pieces)


ENTRY = CREDIT[CREDIT.index("<Ntry>") : CREDIT.index("</Ntry>")].encode()
HEAD = CREDIT[: CREDIT.index("<Ntry>")].encode()
DETAIL = CREDIT[CREDIT.index("<TxDtls>") : CREDIT.index("</TxDtls>") + len("</TxDtls>")].encode()
HALF_ENTRY = HEAD + ENTRY[: ENTRY.index(b"<TxDtls>")]


@pytest.mark.parametrize(
    ("head", "piece", "code"),
    [
        (HEAD + b"<Ntry><Amt>", b"9" * 60_000, "too_long"),
        (HEAD + b"<!--", b"x" * 60_000, "too_long"),
        (HEAD + b'<Ntry a="', b"x" * 60_000, "too_long"),
        (HEAD + b"<?x ", b"x" * 60_000, "too_long"),
        (HEAD + b"<Ntry><Amt>", b"x<!---->" * 5_000, "too_long"),
        (HEAD + b"<Ntry>", b"<Amt/>" * 1_000, "too_many"),
        (HALF_ENTRY, DETAIL * 100, "too_many"),
        (HEAD, b"<x>" * 1_000, "hostile_xml"),
    ],
    ids=["text", "comment", "attribute", "instruction", "broken_text", "elements", "details", "depth"],
)
def test_a_file_without_end_is_refused_in_little_memory(
    monkeypatch: pytest.MonkeyPatch, head: bytes, piece: bytes, code: str
) -> None:
    monkeypatch.setattr("payments.statements.camt053.MOST_DETAILS", 500)
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable) as refused:
            for _ in read_statements(Endless(head, piece), file_name="endless"):
                pass
        assert refused.value.code == code
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES_KEPT
    finally:
        tracemalloc.stop()
