"""Papers of the demo: small pictures and PDFs that say what they are."""

from io import BytesIO

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 800, 560
PAPER, INK = (250, 249, 245), (32, 42, 68)


def _sheet(title: str, lines: list[str]) -> Image.Image:
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, WIDTH - 20, HEIGHT - 20), outline=INK, width=3)
    draw.text((50, 50), title, fill=INK, font_size=34)
    for number, line in enumerate(lines):
        draw.text((50, 130 + 36 * number), line, fill=INK, font_size=22)
    draw.text((50, HEIGHT - 70), "SANDBOX: a sample, not a real paper", fill=(150, 30, 30), font_size=20)
    return picture


def photo(title: str, lines: list[str]) -> BytesIO:
    """A JPEG."""
    return _save(_sheet(title, lines), "JPEG")


def pdf(title: str, lines: list[str]) -> BytesIO:
    """A PDF of one page."""
    return _save(_sheet(title, lines), "PDF")


def _save(picture: Image.Image, kind: str) -> BytesIO:
    out = BytesIO()
    picture.save(out, kind)
    out.seek(0)
    return out
