"""What goes wrong: a killer with a list, and a gateway whose answers are lost, late, doubled and turned round."""

import random
import threading
import time
import urllib.error
from collections import Counter

from tests.faults.storm.world import VICTIMS, World
from tests.payments.exchanges.control import Control

WEBHOOK_MODES = ("normal", "duplicate", "drop", "delay", "reorder", "normal")
FAULTS = ("timeout_before_effect", "timeout_after_effect", "error_500", "error_500_after_effect", "error_429", "slow")
OPERATIONS = ("*", "*", "payments.get", "payments.get", "payouts.get", "refunds.get")
"""What goes wrong next: any call with an effect ("*"), or a question."""


class Killer(threading.Thread):
    """Kills one victim after the other, seldom two at once, and revives each after a moment, `kills` times in all."""

    def __init__(self, world: World, *, kills: int, every_seconds: float, seed: int) -> None:
        super().__init__(daemon=True)
        self.world, self.kills, self.every_seconds = world, kills, every_seconds
        self.chance = random.Random(seed)
        self.killed: Counter[str] = Counter()
        self.enough = threading.Event()
        self.failure = ""

    def run(self) -> None:
        while self.killed.total() < self.kills and not self.enough.wait(
            self.chance.uniform(0.5, 1.5) * self.every_seconds
        ):
            turn = self.killed.total()
            victims = [VICTIMS[turn % len(VICTIMS)]]
            if self.chance.random() < 0.25 and turn + 1 < self.kills:
                victims.append(VICTIMS[(turn + 1) % len(VICTIMS)])
            try:
                self._strike(victims)
            except Exception as failure:  # noqa: BLE001 (told by the verdict)
                self.failure = f"{type(failure).__name__}: {failure}"
                return

    def _strike(self, victims: list[str]) -> None:
        with self.world.changing:
            for victim in victims:
                self.world.kill(victim)
                self.killed[victim] += 1
            time.sleep(self.chance.uniform(0.1, 1.5))
            for victim in sorted(victims, key=VICTIMS.index, reverse=True):
                self.world.revive(victim)


class Keeper(threading.Thread):
    """Starts again what ended by itself, as the supervisor does in production. A worker may end when its broker does:
    closing the lost connection fails in its library.
    """

    def __init__(self, world: World) -> None:
        super().__init__(daemon=True)
        self.world = world
        self.started: Counter[str] = Counter()
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.wait(1):
            self.started.update(self.world.start_again())

    def end(self) -> None:
        self.enough.set()
        self.join(10)


class Mischief(threading.Thread):
    """Every second or so the gateway's webhooks or its next answers go wrong in another way."""

    def __init__(self, bank: Control, *, seed: int) -> None:
        super().__init__(daemon=True)
        self.bank, self.chance = bank, random.Random(seed)
        self.done: Counter[str] = Counter()
        self.enough = threading.Event()
        self._waits_for_a_call = ""

    def run(self) -> None:
        while not self.enough.wait(self.chance.uniform(0.5, 1.5)):
            try:
                self._one()
            except (urllib.error.URLError, OSError):
                continue

    def _one(self) -> None:
        if self.chance.random() < 0.5:
            mode = self.chance.choice(WEBHOOK_MODES)
            self.bank.webhooks(mode)
            self.done[f"webhooks: {mode}"] += 1
            return
        if self._waits_for_a_call and not self.bank.planned():
            self.done[self._waits_for_a_call] += 1
        self.bank.clear_faults()
        self._waits_for_a_call = self.chance.choice(FAULTS)
        self.bank.plan(self.chance.choice(OPERATIONS), self._waits_for_a_call, seconds=4)

    def end(self) -> None:
        self.enough.set()
        self.join(10)
        self.bank.clear_faults()
        self.bank.webhooks("normal")
