"""`python -m sandbox`: the sandbox gateway."""

from sandbox import api
from sandbox.config import parse_arguments
from sandbox.running import run
from sandbox.store import Store
from sandbox.teller import Teller
from sandbox.webhooks import Courier


def main() -> None:
    config = parse_arguments()
    store = Store(config.database)
    run(config, store, Teller(store, config), Courier(store, config.webhook_secret), api.answer)


if __name__ == "__main__":
    main()
