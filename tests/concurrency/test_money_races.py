"""Two at once on the same money: it leaves once."""

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from core.actors import platform
from core.errors import IllegalMove
from payments.actions.payout import request_payout
from payments.actions.release import refund_rest, release_rest
from payments.errors import NotEnoughHeld
from payments.models import Payout, Refund, Release, Transfer
from tests.cast import NOW, actor, company_of
from tests.concurrency.racing import entering, locks_off, meeting_before, once, run_at_once
from tests.payments.conftest import escrow, funded_escrow, partly_funded_escrow
from tests.payments.steps import balances, release_all

__all__ = ["escrow", "funded_escrow", "partly_funded_escrow"]

pytestmark = pytest.mark.django_db(transaction=True)
WHOLE, NET, FEE = 250_000, 245_000, 5_000


def failures(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


def releasing(escrow, reason: str = "accepted"):
    return partial(release_rest, escrow_id=escrow.pk, reason=reason, sequence=1, by=platform(), at=NOW)


def paid_out_of_escrow(escrow) -> dict[str, int]:
    return {name: balances(escrow)[name] for name in ("held", "payable", "fees", "refund_due")}


RELEASED = {"held": 0, "payable": NET, "fees": FEE, "refund_due": 0}


def test_two_releases_without_locks_meet_the_ledger(funded_escrow):
    with locks_off(), meeting_before("payments.actions.release._release"):
        results = run_at_once(releasing(funded_escrow), releasing(funded_escrow, "other"))
    assert [type(failure) for failure in failures(results)] == [IntegrityError], "an entry of that version is there"
    assert paid_out_of_escrow(funded_escrow) == RELEASED


def test_the_same_release_twice_is_one(funded_escrow):
    first, second = run_at_once(releasing(funded_escrow), count=2)
    assert first.pk == second.pk
    assert paid_out_of_escrow(funded_escrow) == RELEASED


def test_two_releases_of_two_reasons_release_once(funded_escrow):
    with meeting_before("payments.actions.release._release", seconds=0.3):
        results = run_at_once(releasing(funded_escrow), releasing(funded_escrow, "other"))
    [failure] = failures(results)
    assert isinstance(failure, IllegalMove | NotEnoughHeld)
    assert paid_out_of_escrow(funded_escrow) == RELEASED


def refunding(escrow):
    return partial(refund_rest, escrow_id=escrow.pk, reason="cancelled", by=platform(), at=NOW)


def test_release_and_refund_without_locks_meet_the_ledger(funded_escrow):
    """Or each other, crosswise over escrow and accounts: the database then ends one of them as a deadlock."""
    with locks_off(), meeting_before("payments.actions.release.post", "payments.actions.refunds.post"):
        results = run_at_once(releasing(funded_escrow), refunding(funded_escrow))
    [failure] = failures(results)
    assert isinstance(failure, IntegrityError | OperationalError), repr(failure)


def test_a_refund_behind_a_release_finds_the_escrow_closed(funded_escrow):
    with entering("payments.actions.release._release") as entered:
        released, refused = run_at_once(releasing(funded_escrow), once(entered, refunding(funded_escrow)))
    assert (type(released), type(refused)) == (Release, IllegalMove), (released, refused)
    assert paid_out_of_escrow(funded_escrow) == RELEASED
    assert not Refund.objects.exists()


def test_a_release_behind_a_refund_finds_the_escrow_closed(funded_escrow):
    with entering("payments.actions.release._settle") as entered:
        refunds, refused = run_at_once(refunding(funded_escrow), once(entered, releasing(funded_escrow)))
    assert (sum(refund.amount_minor for refund in refunds), type(refused)) == (WHOLE, IllegalMove), (refunds, refused)
    assert paid_out_of_escrow(funded_escrow) == {"held": 0, "payable": 0, "fees": 0, "refund_due": WHOLE}
    assert not Release.objects.exists()


# --- payouts ----------------------------------------------------------------------------------------------------------
def asking(seller):
    return partial(request_payout, company_id=company_of(seller).pk, currency="USD", by=actor(seller), at=NOW)


def sent_out() -> list[int]:
    return list(Payout.objects.values_list("amount_minor", flat=True))


def test_two_payouts_without_locks_meet_the_ledger(funded_escrow, seller_owner):
    release_all(funded_escrow)
    with locks_off(), meeting_before("payments.actions.payout._pay_out"):
        results = run_at_once(asking(seller_owner), count=2)
    assert [type(failure) for failure in failures(results)] == [IntegrityError]
    assert sent_out() == [NET]


def test_two_payouts_are_one(funded_escrow, seller_owner):
    release_all(funded_escrow)
    with meeting_before("payments.actions.payout._pay_out", seconds=0.3):
        results = run_at_once(asking(seller_owner), count=2)
    assert failures(results) == []
    assert [result for result in results if result is None] == [None], "the second finds nothing payable"
    assert sent_out() == [NET]
    assert balances(funded_escrow)["payable"] == 0
    assert Transfer.objects.filter(kind="PAYOUT_REQUESTED").count() == 1
