"""What an account number's last four digits make the bank do with money sent to it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Conduct:
    """How money sent to an account fares: `status` is what a payout to it ends up with."""

    ending: str
    status: str
    failure_code: str | None = None
    is_late: bool = False
    copies_of_news: int = 1

    @property
    def is_silent(self) -> bool:
        return self.status == "processing"


ORDINARY = Conduct("", "paid")
CONDUCTS = (
    Conduct("0002", "failed", failure_code="account_closed"),
    Conduct("0003", "returned", failure_code="beneficiary_unknown"),
    Conduct("0004", "processing"),
    Conduct("0005", "paid", is_late=True),
    Conduct("0006", "paid", copies_of_news=2),
)


def conduct_of(account_number: str) -> Conduct:
    return next((conduct for conduct in CONDUCTS if account_number.strip().endswith(conduct.ending)), ORDINARY)
