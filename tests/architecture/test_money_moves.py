"""`docs/money-moves.md` says who and what may move money; here it is held against the code."""

import re
from pathlib import Path

import pytest

from tests.architecture.money_moves import Moves
from tests.architecture.test_docs import names_read_by_settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "money-moves.md").read_text(encoding="utf-8")
MOVES = Moves()


def table(header: str) -> dict[str, list[set[str]]]:
    """First column -> the names in backquotes of each other column, of the table that begins so."""
    found = re.search(rf"^\| {header} \|.*\n\|[-|: ]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert found is not None
    rows = [row.strip("|").split("|") for row in found[1].splitlines()]
    return {re.findall(r"`([^`]+)`", row[0])[0]: [set(re.findall(r"`([^`]+)`", cell)) for cell in row] for row in rows}


ACTIONS, CHECKS, SETTINGS = table("action"), table("check"), table("setting")


def test_every_action_that_moves_money_is_written_down() -> None:
    assert len(MOVES.actions) > 20
    assert set(ACTIONS) == MOVES.actions


@pytest.mark.parametrize("action", sorted(MOVES.actions))
def test_its_check_and_its_doors_are_written_down(action: str) -> None:
    assert MOVES.policies_of(action), f"{action} moves money and asks nobody whether it may"
    assert ACTIONS[action][2] == MOVES.policies_of(action)
    assert ACTIONS[action][3] == MOVES.doors_of(action)


def test_every_check_says_who_passes_it() -> None:
    assert set(CHECKS) == {name for action in MOVES.actions for name in MOVES.policies_of(action)}


def test_the_settings_exist() -> None:
    assert set(SETTINGS) <= names_read_by_settings()


def test_a_moving_action_that_nobody_wrote_down_would_be_seen() -> None:
    assert "record_gateway_payment" in MOVES.actions and "declare_wire" not in MOVES.actions
    assert MOVES.doors_of("request_payout") >= {"payments.pages", "payments.api"}
