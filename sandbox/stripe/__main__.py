"""`python -m sandbox.stripe`: the stand-in of Stripe."""

from sandbox.config import parse_arguments
from sandbox.running import run
from sandbox.store import Store
from sandbox.stripe import api, errands, news
from sandbox.stripe.record import SCHEMA
from sandbox.teller import Teller


def main() -> None:
    config = parse_arguments(prog="python -m sandbox.stripe")
    store = Store(config.database, SCHEMA)
    courier = news.StripeCourier(store, config.webhook_secret)
    run(config, store, Teller(store, config, errands.do), courier, api.answer)


if __name__ == "__main__":
    main()
