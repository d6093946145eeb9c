"""A packet of evidence against a charge-back: words for the cardholder's bank, and the papers that show them."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

MOST_BYTES = 4_000_000
"""Of all files of one packet: what gateways take. Larger papers are named in the words by their hash."""

Role = Literal["terms", "shipment", "receipt", "other"]


@dataclass(frozen=True, kw_only=True)
class EvidenceFile:
    """One paper. `sha256` is that of `content`, in hexadecimal."""

    name: str
    role: Role
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, kw_only=True)
class EvidencePacket:
    """`text`: the story in plain English, for people at a bank."""

    text: str
    files: tuple[EvidenceFile, ...]

    def manifest(self) -> list[dict[str, Any]]:
        """What is in it, without the contents: name, role, type, size in bytes and hash of each file."""
        return [
            {
                "name": file.name,
                "role": file.role,
                "media_type": file.media_type,
                "size": len(file.content),
                "sha256": file.sha256,
            }
            for file in self.files
        ]

    @property
    def sha256(self) -> str:
        """Of the words and the manifest as JSON with sorted keys: names the packet, and shows later what was sent."""
        whole = json.dumps({"text": self.text, "files": self.manifest()}, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()


Collector = Callable[[int, str, datetime], EvidencePacket]
_collectors: list[Collector] = []


def register(collector: Collector) -> None:
    """Tell who knows what the deal of an escrow can show: (escrow id, words of staff, time) -> packet.

    Wiring calls this. The collector reads files, so it is never called inside a transaction.
    """
    _collectors[:] = [collector]


def collect(*, escrow_id: int, words: str, at: datetime) -> EvidencePacket:
    """What the deal of an escrow can show, with the words of staff first. Not inside a transaction."""
    [collector] = _collectors
    return collector(escrow_id, words, at)
