"""One entry of camt.053 to lines: the entry, or each part of a batch whose parts carry amounts."""

from dataclasses import dataclass, replace
from typing import Literal

from payments.statements.camt053_tree import Node
from payments.statements.lines import StatementLine
from payments.statements.refusals import unreadable
from payments.statements.values import (
    MARK_OF_ISO,
    booking_minor,
    given,
    iso_date,
    remittance_text,
    short_text,
    shown,
)

BOOKED = "BOOK"
NOT_BOOKED = frozenset(["PDNG", "INFO", "FUTR"])

DIRECTIONS: dict[str, Literal["in", "out"]] = {"CRDT": "in", "DBIT": "out"}

RETURNS = frozenset(["RRTN", "RPCR", "UPDD", "UPCT", "PRDD", "ARET", "DRTN"])
"""Sub-families of bank transaction codes that undo an earlier payment."""

REMITTANCE = ("CdtrRefInf/Ref", "CdtrRefInf/CdtrRef", "RfrdDocInf/Nb", "RfrdDocInf/RfrdDocNb", "AddtlRmtInf")


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    account: str


@dataclass(frozen=True, slots=True)
class Detail:
    """What one TxDtls says. `amount` and `currency` are text, empty where it carries none; `side` likewise."""

    line: int
    amount: str
    currency: str
    side: str
    bank_reference: str
    transaction: str
    end_to_end: str
    remittance: str
    debtor: Party
    creditor: Party
    code: str
    is_return: bool


NO_PARTY = Party("", "")
NO_DETAIL = Detail(
    line=0,
    amount="",
    currency="",
    side="",
    bank_reference="",
    transaction="",
    end_to_end="",
    remittance="",
    debtor=NO_PARTY,
    creditor=NO_PARTY,
    code="",
    is_return=False,
)


def status_of(entry: Node) -> str:
    """BOOK, or one of those that stand in no booked balance."""
    status = entry.text_at("Sts/Cd", "Sts")
    if status != BOOKED and status not in NOT_BOOKED:
        raise unreadable("wrong_field", entry.line, found=f"Sts {status}")
    return status


def detail_of(node: Node) -> Detail:
    """The record that is kept of a TxDtls until its entry ends."""
    amount = node.at("Amt") or node.at("AmtDtls/TxAmt/Amt")
    structured = [text for strd in _all(node, "RmtInf", "Strd") for path in REMITTANCE if (text := strd.text_at(path))]
    free = [ustrd.text for ustrd in _all(node, "RmtInf", "Ustrd")]
    return Detail(
        line=node.line,
        amount=amount.text.strip() if amount else "",
        currency=amount.attributes.get("Ccy", "") if amount else "",
        side=node.text_at("CdtDbtInd"),
        bank_reference=short_text(given(node.text_at("Refs/AcctSvcrRef")), node.line),
        transaction=short_text(given(node.text_at("Refs/TxId")), node.line),
        end_to_end=short_text(given(node.text_at("Refs/EndToEndId")), node.line),
        remittance=remittance_text(
            " ".join([*free, *structured]) or node.text_at("AddtlTxInf", "RtrInf/AddtlInf"), node.line
        ),
        debtor=_party(node, "Dbtr"),
        creditor=_party(node, "Cdtr"),
        code=_code(node),
        is_return=node.at("RtrInf") is not None or _undoes(node),
    )


def _all(node: Node, parent: str, name: str) -> list[Node]:
    found = node.at(parent)
    return found.all(name) if found else []


def lines_of(entry: Node, details: list[Detail], *, account: str, currency: str) -> list[StatementLine]:
    """The lines of a booked entry, in the account's currency. A batch becomes its parts where each says its amount;
    they must make the whole.
    """
    amount = entry.at("Amt")
    stated = amount.attributes.get("Ccy", "") if amount else ""
    if not amount or stated != currency:
        raise unreadable("other_currency", entry.line, found=stated, currency=currency)
    amount_minor = booking_minor(amount.text.strip(), currency, amount.line, mark=MARK_OF_ISO)
    direction = _direction(entry.text_at("CdtDbtInd"), entry.line)
    if len(details) < 2 or not all(detail.currency == currency for detail in details):
        detail = details[0] if len(details) == 1 else NO_DETAIL
        return [_line(entry, detail, direction, amount_minor, account=account, currency=currency)]
    lines = [
        _line(
            entry,
            replace(detail, bank_reference=detail.bank_reference or detail.transaction),
            _direction(detail.side, detail.line) if detail.side else direction,
            booking_minor(detail.amount, currency, detail.line, mark=MARK_OF_ISO),
            account=account,
            currency=currency,
        )
        for detail in details
    ]
    made = sum(line.amount_minor if line.direction == direction else -line.amount_minor for line in lines)
    if made != amount_minor:
        raise unreadable(
            "details_do_not_add_up", entry.line, computed=shown(made, currency), stated=shown(amount_minor, currency)
        )
    return lines


def _line(
    entry: Node,
    detail: Detail,
    direction: Literal["in", "out"],
    amount_minor: int,
    *,
    account: str,
    currency: str,
) -> StatementLine:
    is_return = detail.is_return or entry.text_at("RvslInd") in ("true", "1") or _undoes(entry)
    party = _counterparty(detail, direction, is_return=is_return, account=account)
    value_on = entry.text_at("ValDt/Dt", "ValDt/DtTm")
    reference = short_text(given(entry.text_at("AcctSvcrRef")), entry.line)
    booked_on = entry.text_at("BookgDt/Dt", "BookgDt/DtTm") or value_on
    return StatementLine(
        at_line=detail.line or entry.line,
        direction=direction,
        amount_minor=amount_minor,
        currency=currency,
        booked_on=iso_date(booked_on, entry.line),
        value_on=iso_date(value_on, entry.line) if value_on else None,
        bank_reference=detail.bank_reference or reference or detail.transaction,
        end_to_end=detail.end_to_end,
        remittance=detail.remittance or remittance_text(entry.text_at("AddtlNtryInf"), entry.line),
        counterparty_name=party.name,
        counterparty_account=party.account,
        code=detail.code or _code(entry),
        is_return=is_return,
    )


def _direction(side: str, at_line: int) -> Literal["in", "out"]:
    if side not in DIRECTIONS:
        raise unreadable("wrong_field", at_line, found=f"CdtDbtInd {side}")
    return DIRECTIONS[side]


def _counterparty(detail: Detail, direction: str, *, is_return: bool, account: str) -> Party:
    """Who stands on the other side. Of a return the parties are those of the first payment, so they are swapped; where
    one of them is our own account, it is the other.
    """
    parties = [detail.debtor, detail.creditor]
    if (direction == "out") != is_return:
        parties.reverse()
    others = [party for party in parties if party != NO_PARTY and party.account != account]
    return others[0] if others else NO_PARTY


def _party(node: Node, role: str) -> Party:
    """Version 08 puts the party one level deeper."""
    related = node.at("RltdPties")
    if not related:
        return NO_PARTY
    name = related.text_at(f"{role}/Pty/Nm", f"{role}/Nm", f"Ultmt{role}/Pty/Nm", f"Ultmt{role}/Nm")
    account = related.text_at(f"{role}Acct/Id/IBAN", f"{role}Acct/Id/Othr/Id")
    return Party(short_text(name, node.line), short_text(account, node.line))


def _code(node: Node) -> str:
    """PMNT/RCDT/ESCT, or the bank's own where it gives no code of the standard."""
    domain = [node.text_at(f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return short_text("/".join(filter(None, domain)) or node.text_at("BkTxCd/Prtry/Cd"), node.line)


def _undoes(node: Node) -> bool:
    return node.text_at("BkTxCd/Domn/Fmly/SubFmlyCd") in RETURNS
