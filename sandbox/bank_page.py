"""The page that plays the buyer's bank: see what is due, send a wire of any size, go back."""

import sqlite3

from sandbox import amounts, bank, markup, payments, views
from sandbox.fields import MOST_MINOR
from sandbox.gateway import Response
from sandbox.payments import Receipt
from sandbox.visit import Visit

DEFAULT_REMITTER = ("Sandbox Buyer", "770011223344")


def show(visit: Visit) -> Response:
    with visit.gateway.store.read() as db:
        return _page(visit, db)


def send(visit: Visit) -> Response:
    with visit.gateway.store.write() as db:
        payment = visit.payment(db, "wire")
        amount_minor = _amount_to_send(visit, db, payment)
        refused = _refused_fields(visit, payment, amount_minor)
        if refused or amount_minor is None:
            return _page(visit, db, refused, status=422)
        remitter = visit.typed("remitter_name")[:140], visit.typed("remitter_account")[:40]
        bank.receive(db, visit.payment_id, Receipt(amount_minor, payment["currency"], *remitter))
    return markup.see_other(f"/bank/{visit.payment_id}?lang={visit.language}&sent=1")


def _left(db: sqlite3.Connection, payment: sqlite3.Row) -> int:
    received = payments.received_minor(db, payment["id"], payment["currency"])
    return max(int(payment["amount_minor"]) - received, 0)


def _offers(due_minor: int) -> dict[str, int]:
    """Exactly what is due, three fifths of it, and a fifth more; never less than one minor unit."""
    return {"exact": due_minor, "short": max(due_minor * 3 // 5, 1), "over": due_minor + max(due_minor // 5, 1)}


def _amount_to_send(visit: Visit, db: sqlite3.Connection, payment: sqlite3.Row) -> int | None:
    offers = _offers(_left(db, payment) or payment["amount_minor"])
    return offers.get(visit.typed("send")) or amounts.read(visit.typed("amount"), payment["currency"])


def _refused_fields(visit: Visit, payment: sqlite3.Row, amount_minor: int | None) -> dict[str, str]:
    refused = {
        name: visit.say(f"bad_{name}") for name in ("remitter_name", "remitter_account") if not visit.typed(name)
    }
    if amount_minor is None or not 0 < amount_minor <= MOST_MINOR:
        example = amounts.typed(payment["amount_minor"], payment["currency"])
        refused["amount"] = visit.say("bad_amount", example=example)
    return refused


def _page(
    visit: Visit, db: sqlite3.Connection, refused: dict[str, str] | None = None, *, status: int = 200
) -> Response:
    payment = visit.payment(db, "wire")
    news = f'<p class="news" role="status">{visit.say("sent")}</p>' if "sent" in visit.query else ""
    main = (
        news
        + _account(visit, db, payment)
        + f"<h2>{visit.say('arrived')}</h2>"
        + _arrived(visit, db)
        + f"<h2>{visit.say('send_wire')}</h2>"
        + _wire_form(visit, db, payment, refused or {})
        + markup.link(payment["return_url"], visit.say("go_back"))
    )
    path = f"/bank/{visit.payment_id}"
    return markup.page(visit.language, visit.say("your_bank"), main, path=path, status=status)


def _account(visit: Visit, db: sqlite3.Connection, payment: sqlite3.Row) -> str:
    currency = payment["currency"]
    received = payments.received_minor(db, payment["id"], currency)
    return markup.facts(
        [
            (visit.say("payee"), visit.gateway.config.account_holder),
            (visit.say("account_number"), payment["account_number"]),
            (visit.say("bank"), f"{views.BANK['bank_name']}, {views.BANK['bic']}"),
            (visit.say("reference"), payment["reference"]),
            (visit.say("amount_due"), amounts.show(payment["amount_minor"], currency)),
            (visit.say("received"), amounts.show(received, currency)),
            (visit.say("left"), amounts.show(_left(db, payment), currency)),
            (visit.say("status"), visit.say(payment["status"])),
        ]
    )


def _arrived(visit: Visit, db: sqlite3.Connection) -> str:
    receipts = payments.receipts_of(db, visit.payment_id)
    if not receipts:
        return f"<p>{visit.say('nothing_arrived')}</p>"
    late = f" ({visit.say('late')})"
    return markup.facts(
        [
            (
                amounts.show(receipt["amount_minor"], receipt["currency"]),
                f"{receipt['remitter_name']}, {receipt['remitter_account']}{late if receipt['late'] else ''}",
            )
            for receipt in receipts
        ]
    )


def _wire_form(visit: Visit, db: sqlite3.Connection, payment: sqlite3.Row, refused: dict[str, str]) -> str:
    currency, left = payment["currency"], _left(db, payment)
    receipts = payments.receipts_of(db, payment["id"])
    last = (receipts[-1]["remitter_name"], receipts[-1]["remitter_account"]) if receipts else DEFAULT_REMITTER
    first_values = {
        "amount": amounts.typed(left, currency) if left else "",
        "remitter_name": last[0],
        "remitter_account": last[1],
    }
    values = {name: visit.typed(name) if name in visit.form else first for name, first in first_values.items()}
    labels = {"amount": visit.say("wire_amount", currency=currency)}
    inputs = "".join(
        markup.field(
            name,
            labels.get(name) or visit.say(name),
            value,
            reason=refused.get(name, ""),
            attributes='inputmode="decimal" autocomplete="off"' if name == "amount" else 'autocomplete="off"',
        )
        for name, value in values.items()
    )
    buttons = markup.button(visit.say("send_typed"), name="send", value="typed") + "".join(
        markup.choice(visit.say(f"send_{name}"), amounts.show(amount, currency), name="send", value=name)
        for name, amount in _offers(left or payment["amount_minor"]).items()
    )
    return markup.form(f"/bank/{visit.payment_id}", visit.language, f'{inputs}<div class="actions">{buttons}</div>')
