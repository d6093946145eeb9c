"""What both sides read before they sign: the terms whole, with everything that follows from them."""

from typing import Any

from core import deadlines
from core.actors import Actor
from orders.contract_words import (
    cancellation_words,
    cover_words,
    earned_shares,
    fee_words,
    insurance_words,
    papers_words,
    time_limits,
)
from orders.differences import compare_terms
from orders.models import Order, Terms
from orders.pages.doors import zones_of
from orders.process import CLOCKS
from orders.queries import terms_before
from orders.terms_words import EMPTY, Worded, delivery_words, words_of_line, words_of_requirement, words_of_terms


def terms_context(order: Order, terms: Terms, by: Actor | None = None) -> dict[str, Any]:
    """The offer as it will be signed, and what changed since the offer before."""
    earlier = terms_before(terms)
    answering = deadlines.get(order, "offer_open")
    return {
        "order": order,
        "terms": terms,
        "goods_leave": delivery_words(terms.body["delivery"]),
        "answer_by": answering.due_at if answering else None,
        "answer_silence": CLOCKS["offer_open"].silence,
        "differences": compare_terms(earlier, terms) if earlier else [],
        "nav": "orders",
        **agreed_context(terms.body),
        **zones_of(order, by),
    }


def agreed_context(body: dict[str, Any]) -> dict[str, Any]:
    """For `orders/_terms.html`: every word of the terms, of an offer or of a draft that is complete."""
    return {
        "currency": body["currency"],
        "words": [each for each in words_of_terms(body) if each.value != EMPTY],
        "goods": [goods_context(line, body["currency"]) for line in body["lines"]],
        "insurance": insurance_words(body),
        "papers": papers_words(body),
        "fees": fee_words(body),
        "cover": cover_words(body),
        "limits": time_limits(body),
        "cancelling": cancellation_words(body),
        "shares": earned_shares(body),
    }


def goods_context(line: dict[str, Any], currency: str) -> dict[str, Any]:
    """A line of the terms, and its requirements: what is tested in one line, how in the next."""
    return {
        "name": line["name"],
        "amount_minor": line["amount_minor"],
        "told": [each for each in words_of_line(line, currency) if each.value != EMPTY and each.field != "name"],
        "requirements": [row | {"told": how_tested(row)} for row in line["requirements"]],
    }


def how_tested(row: dict[str, Any]) -> list[Worded]:
    in_title = ("attribute", "target", "tolerance", "unit")
    return [each for each in words_of_requirement(row) if each.value != EMPTY and each.field not in in_title]
