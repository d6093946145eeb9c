"""The hosted pages: Checkout, the card bank's second step, and the customer's own bank. They need no key."""

import re
import sqlite3
from dataclasses import dataclass
from urllib.parse import parse_qsl

from sandbox import amounts, markup
from sandbox.gateway import Gateway, Request, Response
from sandbox.stripe import intents, record
from sandbox.stripe.cards import BY_NUMBER, CARDS, SECOND_STEP
from sandbox.stripe.record import Document
from sandbox.stripe.refusals import Refusal
from sandbox.stripe.words import METHODS, say
from sandbox.words import language_of

SESSION = "/c/pay/(?P<session>cs_test_[0-9a-f]{32})"
AT_THE_BANK = {"authorise_late": "succeeded", "fail_late": "failed"}


@dataclass(frozen=True)
class Visit:
    """One visit of a customer, who was sent here by the platform."""

    db: sqlite3.Connection
    gateway: Gateway
    session: Document
    language: str
    form: dict[str, str]

    def say(self, word: str, **values: str) -> str:
        return say(word, self.language, **values)

    @property
    def path(self) -> str:
        return f"/c/pay/{self.session['id']}"

    @property
    def back(self) -> str:
        return str(self.session["cancel_url"] or self.session["success_url"])

    def error(self) -> str:
        """Why the last try failed."""
        intent_id = self.session["payment_intent"]
        failed = intent_id and record.get(self.db, "payment_intent", intent_id)["last_payment_error"]
        return self.say("declined") if failed else ""

    def go(self, place: str = "") -> Response:
        return markup.see_other(f"{self.path}{place}?lang={self.language}")

    def page(self, title: str, main: str, *, place: str = "", status: int = 200) -> Response:
        return markup.page(self.language, self.say(title), main, path=self.path + place, status=status)


def show(visit: Visit) -> Response:
    if visit.session["status"] != "open":
        word = visit.session["status"]
        main = _summary(visit) + f"<p>{visit.say(word)}</p>" + markup.link(visit.back, visit.say("go_back"))
        return visit.page("pay_page", main)
    types = visit.session["payment_method_types"]
    refused = visit.error()
    news = f'<p class="reason" role="alert">{refused}</p>' if refused else ""
    main = _summary(visit) + news
    main += _cards(visit) if "card" in types else ""
    main += _banks(visit, [name for name in types if name != "card"])
    return visit.page("pay_page", main + markup.link(visit.back, visit.say("cancel")))


def pay(visit: Visit) -> Response:
    if visit.session["status"] != "open":
        return markup.see_other(visit.back)
    method = visit.form.get("method", "")
    if method in visit.session["payment_method_types"] and method != "card":
        intents.of_session(visit.db, visit.session)
        return visit.go("/bank")
    card = BY_NUMBER.get(visit.form.get("test_card", ""))
    if card is None or "card" not in visit.session["payment_method_types"]:
        return visit.go()
    if intents.pay_by_card(visit.db, visit.session, card, intents.HOLDER):
        return visit.go("/confirm")
    return _after(visit)


def ask_to_confirm(visit: Visit) -> Response:
    return _question(visit, "second_step", "second_step_stripe", ("is_me", "is_not_me"), "/confirm")


def confirm(visit: Visit) -> Response:
    confirmed = visit.form.get("answer") == "is_me"
    intents.end_second_step(visit.db, visit.session, confirmed=confirmed, last4=SECOND_STEP[-4:])
    return _after(visit)


def show_bank(visit: Visit) -> Response:
    answers = ("authorise", "refuse", *AT_THE_BANK)
    return _question(visit, "your_bank", "your_bank_allows", answers, "/bank")


def at_the_bank(visit: Visit) -> Response:
    """What the customer answers to their own bank; nothing where the page is over."""
    answer, session = visit.form.get("answer", ""), visit.session
    if session["status"] != "open":
        return markup.see_other(visit.back)
    intent = intents.of_session(visit.db, session)
    method = next(name for name in session["payment_method_types"] if name != "card")
    if answer == "authorise":
        intents.succeed(visit.db, intent, method, intents.HOLDER, intents.bank_details(method))
    elif answer == "refuse":
        intents.refuse(visit.db, intent, "payment_intent_payment_attempt_failed", "")
    elif answer in AT_THE_BANK:
        intents.await_bank(visit.db, session, visit.gateway.config, outcome=AT_THE_BANK[answer])
    return _after(visit)


def _after(visit: Visit) -> Response:
    """To the platform once the page is through, else back to it."""
    session = record.get(visit.db, "checkout.session", visit.session["id"])
    return markup.see_other(session["success_url"]) if session["status"] == "complete" else visit.go()


# --- pieces -----------------------------------------------------------------------------------------------------------
def _summary(visit: Visit) -> str:
    amount = amounts.show(visit.session["amount_total"], visit.session["currency"].upper())
    return markup.facts(
        [
            (visit.say("payee"), visit.gateway.config.account_holder),
            (visit.say("amount"), amount),
            (visit.say("description"), visit.session["name_of_goods"]),
        ]
    )


def _cards(visit: Visit) -> str:
    choices = "".join(
        f"<li>{markup.choice(card.spaced, visit.say(card.word), name='test_card', value=card.number)}</li>"
        for card in CARDS
    )
    inside = f'<ul class="choices">{choices}</ul>'
    return f"<h2>{visit.say('test_cards')}</h2><p>{visit.say('test_cards_hint')}</p>" + markup.form(
        visit.path, visit.language, inside
    )


def _banks(visit: Visit, methods: list[str]) -> str:
    if not methods:
        return ""
    choices = "".join(
        f"<li>{markup.choice(METHODS[name], visit.say('bank'), name='method', value=name)}</li>" for name in methods
    )
    inside = f'<ul class="choices">{choices}</ul>'
    return f"<h2>{visit.say('pay_by_bank')}</h2><p>{visit.say('pay_by_bank_hint')}</p>" + markup.form(
        visit.path, visit.language, inside
    )


def _question(visit: Visit, title: str, question: str, answers: tuple[str, ...], place: str) -> Response:
    first, *others = answers
    buttons = markup.button(visit.say(first), name="answer", value=first) + "".join(
        markup.choice(visit.say(answer), "", name="answer", value=answer) for answer in others
    )
    inside = f'<div class="actions">{buttons}</div>'
    main = _summary(visit) + f"<p>{visit.say(question)}</p>" + markup.form(visit.path + place, visit.language, inside)
    return visit.page(title, main, place=place)


PAGES = {
    ("GET", SESSION): show,
    ("POST", SESSION): pay,
    ("GET", SESSION + "/confirm"): ask_to_confirm,
    ("POST", SESSION + "/confirm"): confirm,
    ("GET", SESSION + "/bank"): show_bank,
    ("POST", SESSION + "/bank"): at_the_bank,
}


def answer(gateway: Gateway, request: Request) -> Response:
    if request.path == "/sandbox.css":
        return markup.style()
    language = language_of(request.query.get("lang", ""))
    for (method, path), do in PAGES.items():
        match = re.fullmatch(path, request.path)
        if match and method == request.method:
            form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
            try:
                with gateway.store.write() as db:
                    session = record.get(db, "checkout.session", match["session"])
                    return do(Visit(db, gateway, session, language, form))
            except Refusal:
                break
    return markup.page(language, say("not_found", language), "", path="/", status=404)
