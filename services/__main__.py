"""`python -m services`: run the whole platform, or only start, stop and show its services."""

import argparse
import shlex
import sys

from services import environment
from services.embedded import Embedded
from services.processes import ServiceFailed
from services.state import AlreadyRunning, default_home, hold
from services.supervisor import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    running = verbs.add_parser("run", help="services, web, worker and beat until Ctrl-C")
    running.add_argument("--host", default="127.0.0.1", help="address the site listens on")
    running.add_argument("--port", type=int, default=8000, help="port of the site; a taken one is replaced by the next")
    verbs.add_parser("start", help="start the embedded services and leave them running")
    verbs.add_parser("stop", help="stop what an earlier run or start left")
    verbs.add_parser("status", help="say which services answer")
    verbs.add_parser("environment", help="print the settings in force as shell exports")
    options = parser.parse_args()
    try:
        if options.verb == "run":
            return run(default_home(), host=options.host, port=options.port)
        return {"start": start, "stop": stop, "status": status, "environment": show_environment}[options.verb]()
    except AlreadyRunning:
        site = environment({}).get("SITE_URL", "")
        print(f"This checkout already runs {('at ' + site) if site else ''}: end that run first.", file=sys.stderr)
    except ServiceFailed as failure:
        print(failure, file=sys.stderr)
    return 1


def start() -> int:
    with hold(default_home()):
        Embedded(default_home()).start()
    return status()


def stop() -> int:
    with hold(default_home()):
        Embedded(default_home()).stop()
    return 0


def status() -> int:
    answers = []
    for service in Embedded(default_home()).wanted:
        answers.append(service.alive() and service.healthy())
        print(f"{service.name:10} {'answers on port ' + str(service.port) if answers[-1] else 'does not run'}")
    return 0 if all(answers) else 1


def show_environment() -> int:
    for name, value in environment({}).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
