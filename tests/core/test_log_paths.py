import logging

import pytest
from gunicorn.config import Config

from core.log_paths import AccessLogger, LineFormatter, redact

SECRETS = [
    "/offers/SECRET/",
    "/invitations/SECRET/",
    "/accounts/confirm-email/SECRET/",
    "/accounts/password/reset/key/SECRET/",
    "/company/payout-accounts/stop/SECRET/",
    "/checkout/SECRET",
    "/bank/SECRET?lang=vi",
]


@pytest.mark.parametrize("path", SECRETS)
def test_the_secret_part_of_an_address_is_left_out(path: str) -> None:
    for line in (f"GET {path} 200", f'"POST http://a.example{path} HTTP/1.1"', f"Not Found: {path}"):
        assert "SECRET" not in redact(line)
        assert "…" in redact(line)


def test_other_addresses_stay_as_they_are() -> None:
    for path in ("/orders/ord_x/", "/offers/", "/accounts/login/", "/accounts/password/reset/"):
        assert redact(f"GET {path} 200") == f"GET {path} 200"


def test_both_logs_write_through_it() -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 1, "Not Found: %s", ("/offers/SECRET/",), None)
    assert LineFormatter("{message}", style="{").format(record) == "Not Found: /offers/…/"

    class Answer:
        status, sent, headers = "200 OK", 1, ()

    class Asked:
        headers = (("REFERER", "http://a.example/offers/SECRET/"),)

    class Duration:
        seconds, microseconds = 0, 1

    environ = {"REQUEST_METHOD": "GET", "RAW_URI": "/offers/SECRET/", "PATH_INFO": "/offers/SECRET/"}
    environ |= {"SERVER_PROTOCOL": "HTTP/1.1", "HTTP_REFERER": "http://a.example/offers/SECRET/"}
    atoms = AccessLogger(Config()).atoms(Answer(), Asked(), environ, Duration())
    assert "SECRET" not in str(atoms)
    assert atoms["U"] == "/offers/…/"
