"""One visit of a customer to a hosted page."""

import sqlite3
from dataclasses import dataclass

from sandbox import payments, words
from sandbox.gateway import Gateway
from sandbox.problems import not_found


@dataclass(frozen=True)
class Visit:
    gateway: Gateway
    payment_id: str
    language: str
    query: dict[str, str]
    form: dict[str, str]

    def say(self, word: str, **values: str) -> str:
        return words.say(word, self.language, **values)

    def typed(self, name: str) -> str:
        """What the form's field holds, cut at a length no honest visitor needs."""
        return self.form.get(name, "").strip()[:200]

    def payment(self, db: sqlite3.Connection, method: str) -> sqlite3.Row:
        """The payment, if it is of this page's method. Raises Problem 404."""
        payment = payments.get(db, self.payment_id)
        if payment["method"] != method:
            raise not_found("This payment has another page.")
        return payment
