"""Which files are taken, and what a sender may say about one before anything is sent."""

import unicodedata
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from evidence.models import Kind, Reason

MAX_BYTES = 50 * 1024 * 1024
"""The largest document: 50 MB."""
MAX_BYTES_THROUGH_SITE = 10 * 1024 * 1024
"""The largest document that a plain form may send through the site, where no script runs: 10 MB."""
MAX_NAME = 200

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
}
"""Content type -> extensions, the usual one first."""

ACCEPT = ",".join([*EXTENSIONS, *(f".{word}" for words in EXTENSIONS.values() for word in words)])
"""For the `accept` attribute of a file input."""


def type_of_name(file_name: str) -> str:
    """The content type that a name promises; empty for one that we don't take."""
    extension = PurePosixPath(file_name.lower()).suffix.lstrip(".")
    return next((kind for kind, extensions in EXTENSIONS.items() if extension in extensions), "")


def clean_name(file_name: str) -> str:
    """A name that is safe to show and to save under: no folders, no control, direction or zero-width characters."""
    last = unicodedata.normalize("NFC", file_name).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in last if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    words = " ".join(shown.split()).strip(". ")
    stem, dot, extension = words.rpartition(".")
    if not dot:
        return words[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(extension) - 1]}.{extension}"[-MAX_NAME:]


def check_claim(*, kind: str, file_name: str, size_bytes: int, sha256: str, content_type: str) -> tuple[str, str, str]:
    """Judge what a sender says of a file. Returns the cleaned name, hash (lower case) and type.

    `size_bytes` in bytes, `sha256` in hex. Raises Invalid, naming every field that is wrong.
    """
    name, digest = clean_name(file_name), sha256.strip().lower()
    promised = type_of_name(name)
    claimed = content_type.split(";")[0].strip().lower() or promised
    fields: dict[str, Any] = {}
    if kind not in Kind.values:
        fields["kind"] = _("Say what the document shows: choose from the list.")
    if not name:
        fields["file_name"] = _("The file has no name. Give it one.")
    elif not promised or promised != claimed:
        fields["content_type"] = Reason.WRONG_TYPE.label
    if isinstance(size_bytes, bool) or not isinstance(size_bytes, int) or size_bytes < 0:
        fields["size_bytes"] = _("Give the size as a whole number of bytes.")
    elif size_bytes == 0:
        fields["size_bytes"] = Reason.EMPTY.label
    elif size_bytes > MAX_BYTES:
        fields["size_bytes"] = Reason.TOO_LARGE.label
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        fields["sha256"] = _("Give the SHA-256 of the file in 64 hexadecimal digits.")
    if fields:
        raise Invalid(fields=fields)
    return name, digest, claimed
