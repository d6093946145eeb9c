"""Start a provider, say where, run until SIGTERM or Ctrl-C, and stop cleanly."""

import signal
import threading

from sandbox import events
from sandbox.config import Config
from sandbox.gateway import Gateway
from sandbox.server import Answer, Server
from sandbox.store import Store
from sandbox.teller import Teller
from sandbox.webhooks import Courier


def run(config: Config, store: Store, teller: Teller, courier: Courier, answer: Answer) -> None:
    """Returns once it was told to stop and what was being answered is answered."""
    if config.webhook_url:
        with store.write() as db:
            events.set_endpoint(db, config.webhook_url)
    gateway = Gateway(config, store)
    server = Server(gateway, [teller, courier], answer)
    address = f"http://{config.host}:{server.server_port}"
    gateway.base_url = (config.public_url or address).rstrip("/")

    def stop(_number: int, _frame: object) -> None:
        gateway.stopping.set()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    teller.start()
    courier.start()
    print(f"listening on {address}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    server.drain()
    teller.stop()
    courier.stop()
    store.close()
