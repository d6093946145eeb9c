"""Real bytes of every kind of file that the tests send."""

import hashlib
import io
import random
from typing import Any

from PIL import Image

from evidence import storage


def picture(image_format: str, *, size: int = 64, seed: int = 1) -> bytes:
    """A picture of noise, which doesn't compress: about 3 x size x size bytes as PNG."""
    noise = random.Random(seed).randbytes(size * size * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (size, size), noise).save(out, image_format)
    return out.getvalue()


JPEG, PNG, WEBP, GIF = picture("JPEG"), picture("PNG"), picture("WEBP"), picture("GIF")
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n"
    b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n105\n%%EOF\n"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><script>alert(1)</script></html>"
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf"}


def big_pdf(size_bytes: int, *, seed: int = 1) -> bytes:
    """A PDF of exactly this size, with noise in a stream."""
    head, tail = PDF.split(b"xref", 1)
    frame = b"3 0 obj<</Length 1>>stream\n", b"\nendstream endobj\n"
    noise = size_bytes - len(PDF) - len(frame[0]) - len(frame[1])
    made = head + frame[0] + random.Random(seed).randbytes(noise) + frame[1] + b"xref" + tail
    assert len(made) == size_bytes
    return made


def claim(data: bytes, name: str, **changes: Any) -> dict[str, Any]:
    """What an honest sender says of a file."""
    said = {
        "kind": "product_photo",
        "file_name": name,
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "content_type": TYPES.get(name.rsplit(".", 1)[-1], "application/octet-stream"),
    }
    return said | changes


def slices(data: bytes) -> dict[int, bytes]:
    """Part number -> bytes, as the store wants them."""
    size = storage.PART_BYTES
    return {place + 1: data[at : at + size] for place, at in enumerate(range(0, len(data), size))}
