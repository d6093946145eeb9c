"""What each gateway carries: currencies by method, and for how many days what came in can still go back."""

from dataclasses import dataclass

from payments.models import Method


@dataclass(frozen=True)
class Carriage:
    """`currencies`: None for all that the platform holds. `hold_days`: None where no limit is known.

    `hold_days` counts from the payment. After it the gateway, or the payer's bank, may refuse a refund.
    """

    currencies: frozenset[str] | None = None
    hold_days: int | None = None


EVERYTHING = Carriage()

STRIPE_REDIRECTS: dict[str, tuple[str, ...]] = {
    "EUR": ("ideal", "bancontact", "eps", "p24"),
    "GBP": ("pay_by_bank",),
}
"""Stripe's names of the bank-redirect methods that take each currency."""

CARRIAGES: dict[tuple[str, str], Carriage] = {
    # A card is credited as long as it is valid; card schemes and acquirers commonly give a year.
    ("stripe", Method.CARD): Carriage(hold_days=365),
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
