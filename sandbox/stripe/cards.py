"""Stripe's published test cards, as far as the platform has a use for them."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class StripeCard:
    """`conduct` is one of succeed, decline, second_step, disputed; `word` names the card in `words`."""

    number: str
    word: str
    conduct: str
    decline_code: str = ""

    @property
    def spaced(self) -> str:
        return " ".join(re.findall("....", self.number))


REFUND_FAILS = "4000000000005126"
REFUND_PENDING = "4000000000007726"
SECOND_STEP = "4000002500003155"
CARDS = (
    StripeCard("4242424242424242", "card_succeeds", "succeed"),
    StripeCard("4000000000000002", "card_declined", "decline", "generic_decline"),
    StripeCard("4000000000009995", "card_insufficient", "decline", "insufficient_funds"),
    StripeCard(SECOND_STEP, "card_second_step", "second_step"),
    StripeCard("4000000000000259", "card_disputed", "disputed"),
    StripeCard(REFUND_FAILS, "card_refund_fails", "succeed"),
    StripeCard(REFUND_PENDING, "card_refund_pending", "succeed"),
)
BY_NUMBER = {card.number: card for card in CARDS}
