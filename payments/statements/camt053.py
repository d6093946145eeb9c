"""camt.053, versions 02 and later: a statement's balances and entries, in the order that the schema demands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext_lazy as _

from payments.statements.bytes_read import BytesRead
from payments.statements.camt053_entries import BOOKED, Detail, detail_of, lines_of, status_of
from payments.statements.camt053_tree import Node, nodes_of
from payments.statements.limits import MOST_DETAILS
from payments.statements.lines import Part, Parts, StatementBegin
from payments.statements.refusals import unreadable
from payments.statements.running import Running
from payments.statements.values import MARK_OF_ISO, balance_minor, held_currency, iso_date, short_text

OPENING = ("OPBD", "PRCD")
"""Opening booked, or what was closed before: the first that is there."""

CLOSING = "CLBD"
HEAD = frozenset(["Id", "ElctrncSeqNb", "LglSeqNb", "Acct"])


def read_camt053(file: BytesRead, head: bytes) -> Parts:
    """All statements of a file. Entries that are not booked are passed over: they are in no booked balance."""
    statement = _Statement()
    for node in nodes_of(file, head):
        if node.name == "Stmt":
            yield from statement.end(node)
            statement = _Statement()
        else:
            yield from statement.take(node)


@dataclass(frozen=True, slots=True)
class _Balance:
    minor: int
    currency: str
    on: date
    line: int


@dataclass(slots=True)
class _Statement:
    """`begun` and `running` are set by the first entry, or the end: the balances stand before them."""

    head: dict[str, Node] = field(default_factory=dict)
    balances: dict[str, _Balance] = field(default_factory=dict)
    begun: StatementBegin | None = None
    running: Running | None = None
    details: list[Detail] = field(default_factory=list)

    def take(self, node: Node) -> Iterator[Part]:
        if node.name == "Ntry":
            yield from self._entry(node)
        elif node.name == "TxDtls":
            self.details.append(detail_of(node))
            if len(self.details) > MOST_DETAILS:
                raise unreadable("too_many", node.line, most=MOST_DETAILS, found=_("details"))
        elif node.name == "Bal":
            self._balance(node)
        elif node.name in HEAD:
            self.head.setdefault(node.name, node)

    def end(self, node: Node) -> Iterator[Part]:
        begin, running = self._begin(node.line)
        if begin:
            yield begin
        closing = self.balances[CLOSING]
        yield running.end(closing.minor, closing.on, closing.line)

    def _entry(self, node: Node) -> Iterator[Part]:
        begin, running = self._begin(node.line)
        if begin:
            yield begin
        details, self.details = self.details, []
        if status_of(node) == BOOKED:
            for line in lines_of(node, details, account=running.account, currency=running.currency):
                yield running.add(line)

    def _begin(self, at_line: int) -> tuple[StatementBegin | None, Running]:
        """The header the first time, nothing later."""
        if self.running:
            return None, self.running
        opening = next((self.balances[kind] for kind in OPENING if kind in self.balances), None)
        closing = self.balances.get(CLOSING)
        if not opening or not closing:
            raise unreadable("missing_field", at_line, found=CLOSING if opening else OPENING[0])
        account, currency = self._account(at_line), opening.currency
        begin = StatementBegin(
            account=account,
            currency=currency,
            number=short_text(self._text("ElctrncSeqNb") or self._text("LglSeqNb") or self._text("Id"), at_line),
            opening_minor=opening.minor,
            opened_on=opening.on,
        )
        self.running = Running.of(begin)
        return begin, self.running

    def _balance(self, node: Node) -> None:
        kind = node.text_at("Tp/CdOrPrtry/Cd")
        if kind not in (*OPENING, CLOSING):
            return
        if self.running or kind in self.balances:
            raise unreadable("out_of_place", node.line, found=f"Bal {kind}")
        self.balances[kind] = balance = _balance_of(node)
        for other in self.balances.values():
            if other.currency != balance.currency:
                raise unreadable("other_currency", node.line, found=balance.currency, currency=other.currency)

    def _account(self, at_line: int) -> str:
        node = self.head.get("Acct")
        account = node.text_at("Id/IBAN", "Id/Othr/Id") if node else ""
        if not node or not account:
            raise unreadable("missing_field", at_line, found="Acct")
        stated, currency = node.text_at("Ccy"), self.balances[CLOSING].currency
        if stated not in ("", currency):
            raise unreadable("other_currency", node.line, found=currency, currency=stated)
        return short_text(account, node.line)

    def _text(self, name: str) -> str:
        node = self.head.get(name)
        return node.text.strip() if node else ""


def _balance_of(node: Node) -> _Balance:
    amount = node.at("Amt")
    if not amount:
        raise unreadable("missing_field", node.line, found="Bal/Amt")
    currency = held_currency(amount.attributes.get("Ccy", ""), amount.line)
    minor = balance_minor(amount.text.strip(), currency, amount.line, mark=MARK_OF_ISO)
    sign = node.text_at("CdtDbtInd")
    if sign not in ("CRDT", "DBIT"):
        raise unreadable("wrong_field", node.line, found=f"CdtDbtInd {sign}")
    on = iso_date(node.text_at("Dt/Dt", "Dt/DtTm"), node.line)
    return _Balance(minor if sign == "CRDT" else -minor, currency, on, node.line)
