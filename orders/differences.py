"""What differs between two offers of the same order, in words: for the buyer who reads the second one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.models import Terms
from orders.terms_words import EMPTY, Worded, words_of_line, words_of_requirement, words_of_terms


@dataclass(frozen=True)
class Difference:
    """`label` names the field in words; `before` and `after` are values in words, a dash where there was nothing."""

    field: str
    label: Any
    before: str
    after: str


def compare_terms(old: Terms, new: Terms) -> list[Difference]:
    """Every field of the terms that reads otherwise now, products matched by name, else by place. No queries."""
    found = [
        Difference(now.field, now.label, then.value, now.value)
        for then, now in zip(words_of_terms(old.body), words_of_terms(new.body), strict=True)
        if then.value != now.value
    ]
    currencies = (old.body["currency"], new.body["currency"])
    for then, now in _pairs(old.body["lines"], new.body["lines"], "name"):
        found += _line_differences(then, now, currencies)
    return found


def _line_differences(
    old: dict[str, Any] | None, new: dict[str, Any] | None, currencies: tuple[str, str]
) -> Iterator[Difference]:
    if old is None or new is None:
        line = new or old
        assert line is not None
        label = _("Product added") if new else _("Product removed")
        words = "; ".join(each.value for each in words_of_line(line, currencies[bool(new)]) if each.value != EMPTY)
        yield _appeared(f"lines.{line['position']}", label, words, is_new=new is not None)
        return
    where, name = f"lines.{new['position']}", new["name"]
    old_words, new_words = words_of_line(old, currencies[0]), words_of_line(new, currencies[1])
    yield from _changed(old_words, new_words, where, name)
    for then, now in _pairs(old["requirements"], new["requirements"], "attribute"):
        yield from _requirement_differences(then, now, where, name)


def _requirement_differences(
    old: dict[str, Any] | None, new: dict[str, Any] | None, where: str, product: str
) -> Iterator[Difference]:
    if old is None or new is None:
        row = new or old
        assert row is not None
        label = _("%(product)s: requirement added") if new else _("%(product)s: requirement removed")
        words = "; ".join(each.value for each in words_of_requirement(row) if each.value != EMPTY)
        place = f"{where}.requirements.{row['position']}"
        yield _appeared(place, label % {"product": product}, words, is_new=new is not None)
        return
    place = f"{where}.requirements.{new['position']}"
    yield from _changed(words_of_requirement(old), words_of_requirement(new), place, f"{product}, {new['attribute']}")


def _changed(old: Iterator[Worded], new: Iterator[Worded], where: str, subject: str) -> Iterator[Difference]:
    for then, now in zip(old, new, strict=True):
        if then.value != now.value:
            yield Difference(f"{where}.{now.field}", f"{subject}: {now.label}", then.value, now.value)


def _appeared(field: str, label: Any, words: str, *, is_new: bool) -> Difference:
    return Difference(field, label, EMPTY if is_new else words, words if is_new else EMPTY)


def _pairs(
    old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]], key: str
) -> list[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    """Rows of the same name belong together, each once; then what is left, place by place."""
    left = list(old)
    pairs: list[tuple[dict[str, Any] | None, dict[str, Any] | None]] = []
    unmatched: list[dict[str, Any]] = []
    for now in new:
        then = next((row for row in left if row[key] == now[key]), None)
        if then is None:
            unmatched.append(now)
        else:
            left.remove(then)
            pairs.append((then, now))
    for now in unmatched:
        same_place = next((row for row in left if row["position"] == now["position"]), None)
        if same_place is not None:
            left.remove(same_place)
        pairs.append((same_place, now))
    return pairs + [(row, None) for row in left]
