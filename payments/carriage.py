"""What each gateway carries: amounts, currencies by method, and for how many days what came in can still go back."""

from dataclasses import dataclass

from core.money import CURRENCIES, MAX_MINOR
from payments.models import Method


@dataclass(frozen=True)
class Carriage:
    """`currencies`: None for all that the platform holds. `hold_days`: None where no limit is known.

    `hold_days` counts from the payment. After it the gateway, or the payer's bank, may refuse a refund.
    """

    currencies: frozenset[str] | None = None
    hold_days: int | None = None


EVERYTHING = Carriage()


@dataclass(frozen=True)
class Amounts:
    """At most `most_minor` at once, and only whole multiples of `step_minor`. Minor units of one currency."""

    most_minor: int = MAX_MINOR
    step_minor: int = 1

    def carry(self, amount_minor: int) -> bool:
        return 0 < amount_minor <= self.most_minor and amount_minor % self.step_minor == 0


STRIPE_MOST_MINOR = 99_999_999
"""Eight digits, in every currency."""

STRIPE_TENS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
"""Currencies of three digits, of which Stripe takes amounts that end in 0 only."""


def amounts_of(gateway: str, currency: str) -> Amounts:
    """What is carried at once, in or out. What is not named has no limit but the platform's own."""
    if gateway == "stripe":
        return Amounts(STRIPE_MOST_MINOR, 10 if currency in STRIPE_TENS else 1)
    return Amounts()


STRIPE_REDIRECTS: dict[str, tuple[str, ...]] = {
    "EUR": ("ideal", "bancontact", "eps", "p24"),
    "GBP": ("pay_by_bank",),
}
"""Stripe's names of the bank-redirect methods that take each currency."""

CARRIAGES: dict[tuple[str, str], Carriage] = {
    # A card is credited as long as it is valid; card schemes and acquirers commonly give a year. A part that is to go
    # back may end in any digit: where Stripe takes tens only, it could not, and so nothing is taken there.
    ("stripe", Method.CARD): Carriage(currencies=frozenset(CURRENCIES) - STRIPE_TENS, hold_days=365),
    # The schemes behind bank redirects take no refund after 180 days.
    ("stripe", Method.TRANSFER): Carriage(currencies=frozenset(STRIPE_REDIRECTS), hold_days=180),
}
"""Gateway and method -> what it carries. What is not named has no limit: the sandbox is ours, and a refund by bank is a
new wire, which needs no old one."""


def carriage_of(gateway: str, method: str) -> Carriage:
    return CARRIAGES.get((gateway, method), EVERYTHING)


def carries(gateway: str, method: str, currency: str) -> bool:
    currencies = carriage_of(gateway, method).currencies
    return currencies is None or currency in currencies
