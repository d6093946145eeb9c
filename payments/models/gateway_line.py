"""Names of transfers that book a line of a gateway's record: one that no receipt, refund or payout tells of."""

from typing import Literal

LineKind = Literal["cost", "cost_return", "settlement", "settlement_return"]
LINE_KINDS: tuple[LineKind, ...] = ("cost", "cost_return", "settlement", "settlement_return")


EXPLAINED = "explained"
"""Beginning of the key of a line that two treasurers explained."""


def explained_key(gateway: str, kind: str, object_id: str) -> str:
    return f"{EXPLAINED}:{gateway}:{kind}:{object_id}"


def line_key(gateway: str, kind: str, object_id: str) -> str:
    return f"{kind}:{gateway}:{object_id}"


def object_of_key(key: str) -> str:
    return key.split(":", 2)[2]
