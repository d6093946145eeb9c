"""What a line of a bank's statement is taken for, and why: pure rules over what the database knows, no queries here.

Which amounts count, are short, over or late is not decided here: that is `payments.actions.receipts`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from core.money import WIRE_ALLOWANCE_MINOR, format_money
from payments.bank_references import account_escrows_in, escrows_in, readable_numbers_in, transfers_in
from payments.limits import approvals_for
from payments.models import BankOrderState, Outcome

Rule = Literal["account", "reference", "number", "amount_and_payer"]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A line of a statement, as far as the rules look at it. Minor units of `currency`."""

    direction: str
    amount_minor: int
    currency: str
    text: str
    """All that was said, squeezed."""
    said: str
    """The same as the bank wrote it, in capitals."""
    code: str
    payer_name: str
    payer_account: str
    is_return: bool


@dataclass(frozen=True, kw_only=True)
class Deal:
    """An escrow whose payer may wire, with the payment that a wire for it would count for.

    `missing_minor` is what that payment still waits for, 0 when it waits for nothing. `is_lost`: a bank took back what
    had paid it, and its payer has not begun to pay again.
    """

    escrow_id: int
    title: str
    payer_name: str
    currency: str
    payment_id: int | None
    missing_minor: int
    is_lost: bool = False


@dataclass(frozen=True)
class Part:
    """`amount_minor` of the line's currency for one payment."""

    payment_id: int
    amount_minor: int
    is_third_party: bool


@dataclass(frozen=True)
class Verdict:
    """`parts` when it is ALLOCATED, `order_id` when it is ORDER.

    `suggestion` and `suggested` (escrow ids) help staff when it is neither. `awaits_payer`: the escrow whose payer must
    begin to pay before the money can count.
    """

    outcome: Outcome
    why: str
    rule: str = ""
    parts: tuple[Part, ...] = ()
    suggestion: str = ""
    suggested: tuple[int, ...] = ()
    settled: tuple[str, int] | None = None
    order_id: int | None = None
    awaits_payer: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """A transfer that we ordered: `left` when a statement showed it go, `back` when one showed it come back."""

    order_id: int
    name: str
    amount_minor: int
    currency: str
    state: str
    left: bool
    back: bool


@dataclass
class Known:
    """What the database knows that may concern some lines: deals by id, by readable number, and those that wait; and
    our own transfers by name.
    """

    deals: dict[int, Deal] = field(default_factory=dict)
    by_title: Mapping[str, int] = field(default_factory=dict)
    waiting: dict[tuple[str, int], tuple[Deal, ...]] = field(default_factory=dict)
    """(currency, missing minor units) -> the deals that wait for exactly that."""
    account_ranges: Mapping[str, str] = field(default_factory=dict)
    gateways: tuple[str, ...] = ()
    """Names, in capitals, of the gateways that pay out to the platform's own account."""
    settlements: dict[tuple[str, int], int] = field(default_factory=dict)
    """(currency, minor units) -> how many such settlements are on their way to our bank."""

    transfers: dict[str, Ordered] = field(default_factory=dict)

    def note(self, verdict: Verdict) -> None:
        """What a line brought is waited for no more by the next one, and what it showed of a transfer is known."""
        for transfer in [each for each in self.transfers.values() if each.order_id == verdict.order_id]:
            self.transfers[transfer.name] = replace(
                transfer,
                state="CONFIRMED" if verdict.rule == "left" and transfer.state == "BATCHED" else transfer.state,
                left=transfer.left or verdict.rule == "left",
                back=transfer.back or verdict.rule == "back",
            )
        if verdict.settled is not None:
            self.settlements[verdict.settled] -= 1
        for part in verdict.parts:
            for deal in [each for each in self.deals.values() if each.payment_id == part.payment_id]:
                key = (deal.currency, deal.missing_minor)
                self.waiting[key] = tuple(each for each in self.waiting.get(key, ()) if each != deal)
                rest_minor = max(deal.missing_minor - part.amount_minor, 0)
                self.deals[deal.escrow_id] = replace(deal, missing_minor=rest_minor)


def judge(line: Seen, known: Known) -> Verdict:
    """One line. A line that repeats an earlier file's is not asked about."""
    named = [known.transfers[name] for name in sorted(transfers_in(line.text)) if name in known.transfers]
    if named:
        return _transfer(line, named)
    if line.direction == "out":
        return _money_out(line)
    if line.is_return:
        return _suspense("the bank says that it came back, and no transfer of ours is named")
    if _is_interest(line):
        return Verdict(Outcome.INTEREST, f"the bank's own entry ({line.code or 'no code'}): interest")
    return _money_in(line, known)


# --- our own transfers ------------------------------------------------------------------------------------------------
def _transfer(line: Seen, named: list[Ordered]) -> Verdict:
    """The line by which a transfer of ours left, or by which it came back. What doesn't fit is no proof of either."""
    words = ", ".join(each.name for each in named)
    transfer, out = named[0], line.direction == "out"
    if len(named) > 1:
        return _no_proof(line, f"names several transfers of ours: {words}")
    if (line.amount_minor, line.currency) != (transfer.amount_minor, transfer.currency):
        amount = format_money(transfer.amount_minor, transfer.currency, "en")
        return _no_proof(line, f"names our transfer {words}, which is {amount}")
    if out and (transfer.left or not (transfer.back or transfer.state in ("BATCHED", "RETURNED"))):
        return _no_proof(line, f"names our transfer {words}: {'left before' if transfer.left else _told(transfer)}")
    if not out and (transfer.back or transfer.state not in ("BATCHED", "CONFIRMED")):
        return _no_proof(
            line, f"names our transfer {words}: {'came back before' if transfer.back else _told(transfer)}"
        )
    said = f"our transfer {words} {'left' if out else 'came back'}"
    return Verdict(Outcome.ORDER, said, "left" if out else "back", order_id=transfer.order_id)


def _told(transfer: Ordered) -> str:
    return str(BankOrderState(transfer.state).label).lower()


def _no_proof(line: Seen, why: str) -> Verdict:
    return Verdict(Outcome.UNORDERED, why) if line.direction == "out" else _suspense(why)


# --- money of others --------------------------------------------------------------------------------------------------
RULES: dict[Rule, str] = {
    "account": "paid to the account number of {0}",
    "reference": "the reference of {0} stands in the text",
    "number": "the order number {0} stands in the text",
    "amount_and_payer": "{0} alone waits for this amount from this payer",
}


AWAITS_PAYER = "its money was taken back, and the buyer has not begun to pay again: match it with the payment to come"


def _money_in(line: Seen, known: Known) -> Verdict:
    named = _named(line, known)
    deals = [known.deals[escrow_id] for escrow_id in named]
    if len(deals) > 1:
        return _several(line, deals)
    if deals:
        return _one(line, deals[0], named[deals[0].escrow_id])
    return _nameless(line, known)


def names_in(text: str, account_ranges: Mapping[str, str]) -> dict[Rule, set[int] | set[str]]:
    """What a squeezed text names: escrow ids by account number and by reference, readable numbers."""
    return {
        "account": account_escrows_in(text, account_ranges),
        "reference": escrows_in(text),
        "number": readable_numbers_in(text),
    }


def _named(line: Seen, known: Known) -> dict[int, Rule]:
    """The deals that a line names, each with the strongest rule that says so, in the order of the rules."""
    found: dict[int, Rule] = {}
    for rule, names in names_in(line.text, known.account_ranges).items():
        for name in sorted(names, key=str):
            escrow_id = known.by_title.get(name) if isinstance(name, str) else name
            if escrow_id in known.deals:
                found.setdefault(escrow_id, rule)
    return found


def _one(line: Seen, deal: Deal, rule: Rule) -> Verdict:
    words = RULES[rule].format(deal.title)
    if deal.payment_id is None:
        return _suspense(f"{words}, and no bank transfer was begun for it", deals=[deal])
    if deal.is_lost and line.currency == deal.currency:
        return replace(_suspense(f"{words}; {AWAITS_PAYER}", deals=[deal]), awaits_payer=deal.escrow_id)
    part = Part(deal.payment_id, line.amount_minor, is_third_party(line.payer_name, deal.payer_name))
    return Verdict(Outcome.ALLOCATED, words + _third_party_words([part]), rule, (part,))


def _several(line: Seen, deals: list[Deal]) -> Verdict:
    titles = ", ".join(deal.title for deal in deals)
    missing_minor = sum(deal.missing_minor for deal in deals)
    missing = ", ".join(format_money(deal.missing_minor, deal.currency, "en") for deal in deals)
    fits = missing_minor == line.amount_minor and all(
        deal.payment_id and deal.missing_minor and deal.currency == line.currency for deal in deals
    )
    if not fits:
        return _suspense(f"names {titles}, which wait for {missing}", deals=deals)
    parts = tuple(
        Part(deal.payment_id, deal.missing_minor, is_third_party(line.payer_name, deal.payer_name))
        for deal in deals
        if deal.payment_id
    )
    words = f"names {titles}, and is exactly what they wait for together"
    return Verdict(Outcome.ALLOCATED, words + _third_party_words(parts), "reference", parts)


def names_gateway(line: Seen, gateways: Iterable[str]) -> str:
    """The gateway that a line comes from by what it says; empty for none."""
    said = f"{line.payer_name.upper()} {line.said}"
    return next((name for name in gateways if name in said), "")


def _settlement(line: Seen, known: Known) -> Verdict | None:
    key, name = (line.currency, line.amount_minor), names_gateway(line, known.gateways)
    if not name or known.settlements.get(key, 0) < 1:
        return None
    words = f"{name} paid out exactly this to our bank, and no statement has shown it yet"
    return Verdict(Outcome.SETTLEMENT, words, settled=key)


def _nameless(line: Seen, known: Known) -> Verdict:
    settled = _settlement(line, known)
    if settled is not None:
        return settled
    waiting = known.waiting.get((line.currency, line.amount_minor), ())
    theirs = [deal for deal in waiting if line.payer_name and is_same_name(line.payer_name, deal.payer_name)]
    if len(theirs) == 1:
        return _one(line, theirs[0], "amount_and_payer")
    if theirs:
        return _suspense(f"{len(theirs)} orders of this payer wait for this amount", deals=theirs)
    if waiting:
        return _suspense("names no order; the amount is what is waited for, the payer is another", deals=waiting)
    return _suspense("names no order, and nobody waits for this amount from this payer")


def _suspense(why: str, *, deals: Iterable[Deal] = ()) -> Verdict:
    suggested = list(deals)[:5]
    words = ", ".join(deal.title for deal in suggested)
    return Verdict(Outcome.SUSPENSE, why, suggestion=words, suggested=tuple(deal.escrow_id for deal in suggested))


def _third_party_words(parts: Iterable[Part]) -> str:
    return "; the payer is not the buyer" if any(part.is_third_party for part in parts) else ""


# --- the platform's own -----------------------------------------------------------------------------------------------
CHARGE_CODES = {"CHG", "COM", "NCHG", "NCOM", "CHRG", "COMM", "FEES", "808"}
INTEREST_CODES = {"INT", "NINT", "INTR", "INTE", "814"}
"""Of SWIFT, of ISO 20022, and of the German banks."""

CHARGE_WORDS = re.compile(
    r"^((ACCOUNT|BANK|SERVICE|MONTHLY|WIRE|TRANSACTION) )*(FEES?|CHARGES?|COMMISSION)\b|\bCHARGES?$"
)


def _code_parts(code: str) -> set[str]:
    return set(re.split(r"[^A-Z0-9]+", code.upper()))


def _is_interest(line: Seen) -> bool:
    return bool(_code_parts(line.code) & INTEREST_CODES) and not line.payer_account


def _money_out(line: Seen) -> Verdict:
    """Who orders a transfer writes its words: words alone explain little money, and the code of a bank no large sum."""
    coded = bool(_code_parts(line.code) & (CHARGE_CODES | INTEREST_CODES))
    if line.payer_account or not (coded or CHARGE_WORDS.search(line.said)):
        return Verdict(Outcome.UNORDERED, "no transfer of ours is named: nobody here ordered it")
    if approvals_for(line.amount_minor, line.currency):
        return Verdict(Outcome.UNORDERED, "looks like a charge of the bank's, and is too large to be taken for one")
    if not coded and line.amount_minor > WIRE_ALLOWANCE_MINOR[line.currency]:
        return Verdict(Outcome.UNORDERED, "is worded as a charge, and the bank gave it no code of one")
    return Verdict(Outcome.COST, f"the bank's own entry ({line.code or 'no code'}): a charge")


# --- names ------------------------------------------------------------------------------------------------------------
FORMS = {
    "LTD", "LIMITED", "CO", "COMPANY", "INC", "INCORPORATED", "CORP", "CORPORATION", "LLC", "LLP", "PLC", "GMBH", "AG",
    "SA", "SARL", "SRL", "BV", "NV", "OY", "AB", "AS", "KG", "PTE", "PTY", "SDN", "BHD", "JSC", "CTY", "TNHH", "CP",
    "THE", "AND",
}  # fmt: skip
"""Words of a name that banks drop, shorten or add."""

SHORTEST_CUT = 18
"""Banks cut names, at 35 signs or less: with so much of the beginning there, the rest does not count."""


def is_third_party(payer_name: str, buyer_name: str) -> bool:
    """Whether a bank named somebody else than the buyer; one that names nobody says nothing."""
    return bool(payer_name.strip()) and not is_same_name(payer_name, buyer_name)


def is_same_name(said: str, known: str) -> bool:
    """Whether a payer's name, as a bank gives it, can be this company's: forms, accents, order and cuts don't count."""
    said_words, known_words = _words(said), _words(known)
    if not said_words or not known_words:
        return False
    if sorted(said_words) == sorted(known_words):
        return True
    short, full = "".join(said_words), "".join(known_words)
    return len(short) >= SHORTEST_CUT and full.startswith(short)


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D").replace("&", " "))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign)).upper().replace(".", "")
    return [word for word in re.findall(r"\w+", letters) if word not in FORMS]
