"""Three books beside each other: what people sent to the bank, what the bank's own process recorded, and our own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.storm.lives import Life
from tests.payments.exchanges.control import Control


@dataclass
class Verdict:
    """Cents and orders that are not where they should be; all empty is good."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.stuck)


@dataclass(frozen=True)
class BankBook:
    """The gateway's own record: minor units by kind of movement, and of each payment."""

    totals: dict[str, int]
    twice: list[str]
    received: dict[str, int]


def bank_book(bank: Control, payments: Sequence[str]) -> BankBook:
    """`payments`: our references, under which the gateway knows them."""
    totals: Counter[str] = Counter()
    seen: Counter[tuple[str, str]] = Counter()
    since, more = 0, True
    while more:
        page = bank.call("GET", f"ledger?since={since}&limit=1000")
        for line in page["data"]:
            totals[line["kind"]] += line["amount_minor"]
            seen[line["kind"], line["object_id"]] += 1
        since, more = page["next_since"], page["has_more"]
    received = {ref: sum(each["received_minor"] for each in bank.list_by("payments", ref)) for ref in payments}
    twice = [f"{kind} {object_id}" for (kind, object_id), count in seen.items() if count > 1]
    return BankBook(dict(totals), twice, received)


def judge(lives: Sequence[Life], told: dict[str, Any], book: BankBook, still_open: dict[str, int]) -> Verdict:
    """`told` is `inside tell`, `still_open` what is undone at the end."""
    verdict = Verdict(stuck=[f"{count} {name}" for name, count in still_open.items()], doubled=list(book.twice))
    for life in lives:
        _judge_life(life, told["orders"].get(life.ref), book, verdict)
    known = {life.ref for life in lives}
    verdict.doubled += [f"an order that nobody began: {ref}" for ref in told["orders"] if ref not in known]
    _judge_totals(told, book, verdict)
    return verdict


def _judge_life(life: Life, ours: dict[str, Any] | None, book: BankBook, verdict: Verdict) -> None:
    name = f"order {life.number} ({life.story}, {life.ref})"
    if life.failure or ours is None:
        verdict.stuck.append(f"{name}: {life.failure or 'unknown to the platform'}")
        return
    if ours["state"] != life.must_end:
        verdict.stuck.append(f"{name} is {ours['state']}, not {life.must_end}")
    at_bank = sum(book.received[ref] for ref in ours["payments"])
    expected = {"came_in": life.sent_minor, "released": life.price_minor if life.must_end == "COMPLETED" else 0}
    expected["went_back"] = life.sent_minor - expected["released"]
    for what, minor in [*expected.items(), ("paid_out", expected["released"])]:
        if ours[what] != minor:
            list_of = verdict.lost if ours[what] < minor else verdict.doubled
            list_of.append(f"{name}: {what} is {ours[what]}, not {minor}")
    if at_bank != life.sent_minor:
        verdict.lost.append(f"{name}: the bank received {at_bank}, its people sent {life.sent_minor}")
    if ours["releases"] > 1:
        verdict.doubled.append(f"{name} was released {ours['releases']} times")


def _judge_totals(told: dict[str, Any], book: BankBook, verdict: Verdict) -> None:
    ours = {
        "receipt": sum(order["came_in"] for order in told["orders"].values()),
        "refund": sum(order["went_back"] for order in told["orders"].values()),
        "payout": told["payouts"].get("PAID", [0, 0])[1],
    }
    for kind, minor in ours.items():
        theirs = book.totals.get(kind, 0)
        if theirs != minor:
            list_of = verdict.lost if theirs < minor else verdict.doubled
            list_of.append(f"{kind}s: the bank's record has {theirs}, our books {minor}")
