"""`python -m tests.faults.storm`: 500 orders and 40 kills, or what the options say. Exits with 1 unless all is well."""

import argparse
import signal
import sys
from pathlib import Path

from tests.faults.storm.run import Weather, storm


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(130))  # Everything that was started is ended on the way out.
    options = argparse.ArgumentParser(prog="make faults", description=__doc__)
    options.add_argument("--orders", type=int, default=500)
    options.add_argument("--kills", type=int, default=40)
    options.add_argument("--pairs", type=int, default=10, help="people at once; each pair lives one order at a time")
    options.add_argument("--most-seconds", type=float, default=2_700)
    options.add_argument("--kill-every", type=float, default=12, metavar="SECONDS")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--report", type=Path, default=Path("var/faults.json"))
    given = options.parse_args()
    weather = Weather(
        orders=given.orders,
        kills=given.kills,
        pairs=given.pairs,
        most_seconds=given.most_seconds,
        kill_every_seconds=given.kill_every,
        seed=given.seed,
    )
    report = storm(weather, say)
    given.report.parent.mkdir(parents=True, exist_ok=True)
    given.report.write_text(report.dump() + "\n", encoding="utf-8")
    say(report.dump())
    verdict = report.verdict
    say(f"{len(verdict.lost)} lost, {len(verdict.doubled)} doubled, {len(verdict.stuck)} stuck")
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
