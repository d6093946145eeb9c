"""What others wrote is here unchanged, with its licence; every icon that a template asks for exists."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
ROW = re.compile(r"^\| (?P<file>\S+) \| .* \| (?P<sum>[0-9a-f]{64}) \|$", re.MULTILINE)
SUMS = {row["file"]: row["sum"] for row in ROW.finditer((VENDOR / "VENDORED.md").read_text())}
ICON_TAG = re.compile(r"""\{% icon "([a-z0-9-]+)"|icon(?:_name)?="([a-z0-9-]+)\"""")


@pytest.mark.parametrize("name", sorted(SUMS))
def test_is_the_file_that_was_taken(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == SUMS[name]
    assert (VENDOR / name).parent.joinpath("LICENSE").stat().st_size > 300


def test_nothing_lies_here_without_a_sum() -> None:
    found = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert {name for name in found if not name.endswith(("LICENSE", "VENDORED.md"))} == set(SUMS)


def test_nothing_is_fetched_from_elsewhere() -> None:
    outside = re.compile(r"""(?:url\(|@import|src=|href=)\s*["']?(?:https?:)?//""")
    styles = [*ROOT.glob("static/**/*.css"), *ROOT.glob("templates/**/*.html")]
    assert len(styles) > 20
    assert [str(path) for path in styles if outside.search(path.read_text())] == []


def test_pages_carry_no_inline_script_or_style() -> None:
    inline = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=\"")
    pages = [path for path in ROOT.glob("templates/**/*.html") if "mail" not in str(path.relative_to(ROOT))]
    assert [str(path) for path in pages if inline.search(path.read_text())] == []


def test_every_icon_exists() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "tabler-icons" / "icons.svg").read_text()))
    asked = {
        first or second
        for path in ROOT.glob("templates/**/*.html")
        for first, second in ICON_TAG.findall(path.read_text())
    }
    assert len(asked) > 20
    assert asked - sprite == set()
