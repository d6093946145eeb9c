import pytest

from core.errors import Invalid
from evidence.file_types import MAX_BYTES, check_claim, clean_name

RIGHT = {
    "kind": "bill",
    "file_name": "Hóa đơn 发票.pdf",
    "size_bytes": 10,
    "sha256": "AB" * 32,
    "content_type": "application/pdf",
}


def test_a_right_claim_comes_back_clean() -> None:
    assert check_claim(**RIGHT) == ("Hóa đơn 发票.pdf", "ab" * 32, "application/pdf")
    assert check_claim(**RIGHT | {"content_type": ""})[2] == "application/pdf"
    assert check_claim(**RIGHT | {"size_bytes": MAX_BYTES})[0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"size_bytes": 0}, "size_bytes"),
        ({"size_bytes": -1}, "size_bytes"),
        ({"size_bytes": True}, "size_bytes"),
        ({"size_bytes": 1.5}, "size_bytes"),
        ({"size_bytes": MAX_BYTES + 1}, "size_bytes"),
        ({"kind": "passport"}, "kind"),
        ({"sha256": "ab"}, "sha256"),
        ({"sha256": "g" * 64}, "sha256"),
        ({"file_name": ""}, "file_name"),
        ({"file_name": "\u202e\u200b"}, "file_name"),
        ({"file_name": "a.gif", "content_type": "image/gif"}, "content_type"),
        ({"file_name": "a.svg", "content_type": "image/svg+xml"}, "content_type"),
        ({"file_name": "a.html", "content_type": "application/pdf"}, "content_type"),
        ({"file_name": "a.pdf", "content_type": "text/html"}, "content_type"),
        ({"file_name": "a.pdf.exe"}, "content_type"),
        ({"file_name": "a.heic", "content_type": "image/heic"}, "content_type"),
        ({"file_name": "a"}, "content_type"),
    ],
)
def test_a_wrong_claim_is_refused_beside_its_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_claim(**RIGHT | change)  # type: ignore[arg-type]
    assert list(refusal.value.fields) == [field]
    assert str(refusal.value.fields[field])


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\scans\\bill.pdf", "bill.pdf"),
        ("photo\u202egpj.pdf", "photogpj.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("  a   b .pdf ", "a b .pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("Ho\u0301a.pdf", "Hóa.pdf"),
    ],
)
def test_names_are_safe_to_show_and_to_save_under(name: str, clean: str) -> None:
    assert clean_name(name) == clean
