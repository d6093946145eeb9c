"""Short ways to read bytes as statements."""

import io
from itertools import groupby

from payments.statements.lines import Part, StatementBegin, StatementEnd, StatementLine, Unreadable
from payments.statements.reading import read_statements


def parts_of(content: bytes | str) -> list[Part]:
    raw = content.encode() if isinstance(content, str) else content
    return list(read_statements(io.BytesIO(raw), file_name="statement"))


def lines_of(content: bytes | str) -> list[StatementLine]:
    return [part for part in parts_of(content) if isinstance(part, StatementLine)]


def read_until_refused(content: bytes) -> tuple[list[Part], Unreadable | None]:
    """What came out before the refusal, if there was one."""
    parts: list[Part] = []
    try:
        for part in read_statements(io.BytesIO(content), file_name="statement"):
            parts.append(part)
    except Unreadable as refused:
        return parts, refused
    return parts, None


def refusal_of(content: bytes | str) -> tuple[str, int]:
    refused = read_until_refused(content.encode() if isinstance(content, str) else content)[1]
    assert refused is not None, "was read"
    assert refused.words and (not refused.at_line or f"Line {refused.at_line}:" in refused.words)
    return refused.code, refused.at_line


def ends_of(parts: list[Part]) -> int:
    return sum(isinstance(part, StatementEnd) for part in parts)


def check_order(parts: list[Part]) -> None:
    """Begin, lines, end, again and again; and what each statement says of itself is so."""
    kinds = [kind for kind, _ in groupby(type(part) for part in parts)]
    assert [kind for kind in kinds if kind is not StatementLine] == [StatementBegin, StatementEnd] * (ends_of(parts))
    balance = lines = 0
    for part in parts:
        if isinstance(part, StatementBegin):
            balance, lines = part.opening_minor, 0
        elif isinstance(part, StatementLine):
            balance += part.amount_minor if part.direction == "in" else -part.amount_minor
            lines += 1
            assert part.amount_minor > 0
        else:
            assert (part.closing_minor, part.lines) == (balance, lines)
