"""One storm, from an empty world to its verdict."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services.postgres import Postgres
from tests.faults.storm.caller import Caller, Tally
from tests.faults.storm.lives import Crowd, Life, lives_of
from tests.faults.storm.trouble import Keeper, Killer, Mischief
from tests.faults.storm.verdict import Verdict, bank_book, judge
from tests.faults.storm.world import World
from tests.payments.exchanges.control import Control

INSIDE = ("-m", "tests.faults.storm.inside")
REST_SECONDS = 240.0
"""After the last order: how long the workers may take until nothing is left to be done."""


@dataclass(frozen=True)
class Weather:
    """How hard it blows. `most_seconds` bounds the lives; `pairs` people live so many orders at once."""

    orders: int
    kills: int
    pairs: int
    most_seconds: float
    kill_every_seconds: float
    seed: int


@dataclass
class Report:
    verdict: Verdict
    figures: dict[str, Any]

    def dump(self) -> str:
        return json.dumps({"figures": self.figures, "verdict": asdict(self.verdict)}, indent=2)


def storm(weather: Weather, say: Callable[[str], None], like: Postgres | None = None) -> Report:
    """Live all orders through the weather, let the workers finish, and compare the three books.

    `like`: a server of the tests, whose migrated database is copied instead of migrating.
    """
    home = Path(tempfile.mkdtemp(prefix="assurance-storm-"))
    home.chmod(0o711)  # PostgreSQL's own user must be able to pass, where it is started by root.
    world = World(home, like)
    try:
        say("starting the platform and its services")
        world.start()
        return _live_and_judge(world, weather, say)
    finally:
        world.stop()
        shutil.rmtree(world.services.postgres.place, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def _live_and_judge(world: World, weather: Weather, say: Callable[[str], None]) -> Report:
    pairs = json.loads(world.run(*INSIDE, "people", str(weather.pairs)))
    began, until = time.monotonic(), time.monotonic() + weather.most_seconds
    tally, lives = Tally(), lives_of(weather.orders, weather.seed)
    settings = world.services.environment()
    bank = Control(settings["SANDBOX_GATEWAY_URL"], settings["SANDBOX_GATEWAY_KEY"])
    callers = [
        (
            Caller(world.site, pair["seller"], tally, until),
            Caller(world.site, pair["buyer"], tally, until),
            pair["buyer_email"],
        )
        for pair in pairs
    ]
    crowd = Crowd(lives, callers, bank)
    killer = Killer(world, kills=weather.kills, every_seconds=weather.kill_every_seconds, seed=weather.seed)
    mischief, keeper = Mischief(bank, seed=weather.seed), Keeper(world)
    for thread in (crowd, killer, mischief, keeper):
        thread.start()
    _watch(crowd, killer, until, say)
    killer.enough.set()
    killer.join(120)
    mischief.end()
    lived_seconds = time.monotonic() - began
    still_open = _finish(world, bank, say)
    keeper.end()
    told = json.loads(world.run(*INSIDE, "tell"))
    payments = [ref for order in told["orders"].values() for ref in order["payments"]]
    verdict = judge(lives, told, bank_book(bank, payments), still_open)
    if killer.failure:
        verdict.stuck.append(f"a service did not come back: {killer.failure}")
    _check_books(world, verdict)
    figures = _figures(lives, killer, mischief, tally, lived_seconds)
    return Report(verdict, figures | {"ended_by_themselves": dict(keeper.started)})


def _watch(crowd: Crowd, killer: Killer, until: float, say: Callable[[str], None]) -> None:
    told = time.monotonic()
    while crowd.is_living and time.monotonic() < until + 30:
        time.sleep(0.5)
        if time.monotonic() - told > 20:
            told = time.monotonic()
            say(f"{crowd.waiting} orders wait to begin, {killer.killed.total()} kills so far")


def _finish(world: World, bank: Control, say: Callable[[str], None]) -> dict[str, int]:
    """Let the workers do what is left; only their waits are cut short. What is still open in the end is stuck."""
    say("the storm is over; the workers finish")
    until = time.monotonic() + REST_SECONDS
    left = json.loads(world.run(*INSIDE, "hurry"))
    while left and time.monotonic() < until:
        time.sleep(1)
        bank.settle()
        left = json.loads(world.run(*INSIDE, "hurry"))
    return dict(left)


def _check_books(world: World, verdict: Verdict) -> None:
    try:
        world.run("manage.py", "check_books", "--gateway", "sandbox")
    except AssertionError as failure:
        verdict.lost.append(f"the books do not check: {str(failure)[-1500:]}")


def _figures(lives: list[Life], killer: Killer, mischief: Mischief, tally: Tally, seconds: float) -> dict[str, Any]:
    return {
        "orders": len(lives),
        "stories": {
            story: sum(life.story == story for life in lives) for story in sorted({life.story for life in lives})
        },
        "kills": killer.killed.total(),
        "killed": dict(killer.killed),
        "gateway_faults": mischief.done.total(),
        "faults": dict(mischief.done),
        **dict(tally.counts),
        "sent_minor": sum(life.sent_minor for life in lives),
        "lived_seconds": round(seconds),
    }
