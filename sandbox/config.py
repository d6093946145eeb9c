"""The settings of one running sandbox, from the command line or the environment."""

import argparse
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Delays are in seconds of wall time."""

    host: str
    port: int
    database: str
    key: str
    webhook_secret: str
    webhook_url: str | None
    payout_seconds: float
    late_seconds: float
    hold_seconds: float
    public_url: str | None
    account_holder: str


def parse_arguments(arguments: list[str] | None = None, *, prog: str = "python -m sandbox") -> Config:
    parser = argparse.ArgumentParser(prog=prog, description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port and prints it")
    parser.add_argument("--database", required=True, help="path of the SQLite file; made when missing")
    parser.add_argument("--key", default=os.environ.get("SANDBOX_KEY"), help="bearer key of the API")
    parser.add_argument("--webhook-secret", default=os.environ.get("SANDBOX_WEBHOOK_SECRET"))
    parser.add_argument("--webhook-url", default=None, help="kept from the last run when not given")
    parser.add_argument("--payout-seconds", type=float, default=1.0, help="until a payout or refund is done")
    parser.add_argument("--late-seconds", type=float, default=5.0, help="until a late card or account answers")
    parser.add_argument("--hold-seconds", type=float, default=30.0, help="how long a time-out fault holds a call")
    parser.add_argument(
        "--public-url",
        default=os.environ.get("SANDBOX_PUBLIC_URL"),
        help="address of the hosted pages as a browser sees it",
    )
    parser.add_argument("--account-holder", default="Sandbox Escrow Account")
    given = parser.parse_args(arguments)
    if not given.key or not given.webhook_secret:
        parser.error("--key and --webhook-secret (or SANDBOX_KEY and SANDBOX_WEBHOOK_SECRET) are required")
    return Config(**vars(given))
