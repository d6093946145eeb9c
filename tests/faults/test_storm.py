"""The short form of `make faults`: each story lived once while everything is killed."""

from typing import Any

import pytest

from tests.faults.storm.lives import STORIES, Life
from tests.faults.storm.run import Weather, storm
from tests.faults.storm.verdict import BankBook, judge

SHORT = Weather(orders=len(STORIES), kills=5, pairs=8, most_seconds=200, kill_every_seconds=2.5, seed=7)


@pytest.mark.faults
@pytest.mark.slow
def test_every_story_ends_right_while_web_worker_beat_database_and_broker_are_killed(services: Any) -> None:
    report = storm(SHORT, lambda line: None, services.postgres)
    assert report.verdict.is_good, report.dump()
    assert report.figures["kills"] >= 4, report.dump()


# --- the verdict can fail ---------------------------------------------------------------------------------------------
TRUE = {
    "state": "COMPLETED",
    "came_in": 500,
    "went_back": 0,
    "released": 500,
    "releases": 1,
    "paid_out": 500,
    "payments": ["pay_1"],
    "refunds": [],
}


def verdict_of(*, still_open: dict[str, int] | None = None, bank_minor: int = 500, twice: str = "", **lies: object):
    life = Life(0, "card", 500, ref="ord_1", sent_minor=500, state="COMPLETED")
    told = {"orders": {"ord_1": TRUE | lies}, "payouts": {"PAID": [1, 490]}}
    book = BankBook({"receipt": bank_minor, "payout": 490}, [twice] if twice else [], {"pay_1": bank_minor})
    return judge([life], told, book, still_open or {})


def test_the_truth_is_good() -> None:
    assert verdict_of().is_good


@pytest.mark.parametrize(
    ("lies", "kind"),
    [
        ({"released": 0, "releases": 0}, "lost"),
        ({"paid_out": 0}, "lost"),
        ({"came_in": 400}, "lost"),
        ({"bank_minor": 1_000}, "lost"),
        ({"went_back": 500}, "doubled"),
        ({"releases": 2}, "doubled"),
        ({"twice": "payout sp_1"}, "doubled"),
        ({"state": "SHIPPED"}, "stuck"),
        ({"still_open": {"payouts": 1}}, "stuck"),
    ],
)
def test_a_wrong_cent_or_a_stuck_order_is_told(lies: dict, kind: str) -> None:
    assert getattr(verdict_of(**lies), kind)
