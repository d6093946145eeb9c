"""The hosted card page: choose or type a test card, take the second step, go back."""

import re
import sqlite3

from sandbox import amounts, cards, markup, moments
from sandbox.cards import BY_NUMBER, CARDS
from sandbox.gateway import Response
from sandbox.visit import Visit

Reasons = dict[str, str]


def show(visit: Visit) -> Response:
    with visit.gateway.store.read() as db:
        payment = visit.payment(db, "card")
    if payment["status"] != "requires_action":
        return _ended(visit, payment)
    if cards.awaits_code(payment):
        return _ask_for_code(visit, payment)
    return _ask_for_card(visit, payment, {})


def pay(visit: Visit) -> Response:
    with visit.gateway.store.write() as db:
        payment = visit.payment(db, "card")
        if payment["status"] != "requires_action":
            return markup.see_other(payment["return_url"])
        chosen = "test_card" in visit.form
        reasons = {} if chosen and visit.typed("test_card") in BY_NUMBER else _refused_fields(visit)
        if reasons:
            return _ask_for_card(visit, payment, reasons, status=422)
        number = visit.typed("test_card") if chosen else _digits(visit)
        holder = cards.HOLDER if chosen else visit.typed("name")
        if cards.pay(db, visit.payment_id, BY_NUMBER[number], holder, visit.gateway.config):
            return markup.see_other(f"/checkout/{visit.payment_id}?lang={visit.language}")
    return markup.see_other(payment["return_url"])


def verify(visit: Visit) -> Response:
    with visit.gateway.store.write() as db:
        payment = visit.payment(db, "card")
        over = cards.check_code(db, visit.payment_id, visit.typed("code"))
    if over:
        return markup.see_other(payment["return_url"])
    return _ask_for_code(visit, payment, reason=visit.say("bad_code"), status=422)


def _digits(visit: Visit) -> str:
    return re.sub(r"[\s-]", "", visit.typed("card_number"))


def _refused_fields(visit: Visit) -> Reasons:
    checks = {
        "card_number": _digits(visit) in BY_NUMBER,
        "expiry": _is_ahead(visit.typed("expiry")),
        "cvc": re.fullmatch("[0-9]{3,4}", visit.typed("cvc")),
        "name": visit.typed("name"),
    }
    return {name: visit.say(f"bad_{name}") for name, good in checks.items() if not good}


def _is_ahead(expiry: str) -> bool:
    """A card is good until the end of its month."""
    match = re.fullmatch(r"(0[1-9]|1[0-2])\s?/\s?([0-9]{2})", expiry)
    today = moments.now()
    return match is not None and (2000 + int(match[2]), int(match[1])) >= (today.year, today.month)


def _summary(visit: Visit, payment: sqlite3.Row) -> str:
    rows = [
        (visit.say("payee"), visit.gateway.config.account_holder),
        (visit.say("amount"), amounts.show(payment["amount_minor"], payment["currency"])),
        (visit.say("reference"), payment["reference"]),
    ]
    if payment["description"]:
        rows.append((visit.say("description"), payment["description"]))
    return markup.facts(rows)


def _ask_for_card(visit: Visit, payment: sqlite3.Row, reasons: Reasons, *, status: int = 200) -> Response:
    path = f"/checkout/{visit.payment_id}"
    choices = "".join(
        f"<li>{markup.choice(card.spaced, visit.say(card.word), name='test_card', value=card.number)}</li>"
        for card in CARDS
    )
    attributes = {
        "card_number": 'inputmode="numeric" autocomplete="cc-number"',
        "expiry": 'autocomplete="cc-exp"',
        "cvc": 'inputmode="numeric" autocomplete="cc-csc"',
        "name": 'autocomplete="cc-name"',
    }
    typed = "".join(
        markup.field(name, visit.say(name), visit.typed(name), reason=reasons.get(name, ""), attributes=more)
        for name, more in attributes.items()
    )
    amount = amounts.show(payment["amount_minor"], payment["currency"])
    pay_button = (
        f'<div class="actions">{markup.button(visit.say("pay", amount=amount), name="pay", value="typed")}</div>'
    )
    main = (
        _summary(visit, payment)
        + f"<h2>{visit.say('test_cards')}</h2><p>{visit.say('test_cards_hint')}</p>"
        + markup.form(path, visit.language, f'<ul class="choices">{choices}</ul>')
        + f"<h2>{visit.say('or_type')}</h2>"
        + markup.form(path, visit.language, typed + pay_button)
        + markup.link(payment["return_url"], visit.say("cancel"))
    )
    return markup.page(visit.language, visit.say("pay_by_card"), main, path=path, status=status)


def _ask_for_code(visit: Visit, payment: sqlite3.Row, *, reason: str = "", status: int = 200) -> Response:
    attributes = 'inputmode="numeric" autocomplete="one-time-code"'
    code = markup.field("code", visit.say("code"), "", reason=reason, attributes=attributes)
    confirm = f'<div class="actions">{markup.button(visit.say("confirm"), name="confirm", value="code")}</div>'
    main = (
        _summary(visit, payment)
        + f"<p>{visit.say('second_step_hint')}</p>"
        + markup.form(f"/checkout/{visit.payment_id}/verify", visit.language, code + confirm)
        + markup.link(payment["return_url"], visit.say("cancel"))
    )
    path = f"/checkout/{visit.payment_id}"
    return markup.page(visit.language, visit.say("second_step"), main, path=path, status=status)


def _ended(visit: Visit, payment: sqlite3.Row) -> Response:
    main = (
        _summary(visit, payment)
        + markup.facts([(visit.say("status"), visit.say(payment["status"]))])
        + markup.link(payment["return_url"], visit.say("go_back"))
    )
    return markup.page(visit.language, visit.say("pay_by_card"), main, path=f"/checkout/{visit.payment_id}")
