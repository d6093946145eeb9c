"""Live mode starts with everything that real money needs, or says what is missing. Each start is a process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connections

ROOT = Path(__file__).resolve().parents[2]
TELL = """
import json, django
from django.conf import settings
django.setup()
names = ["SITE_URL", "SECURE_PROXY_SSL_HEADER", "SANDBOX_GATEWAY_KEY", "S3_ACCESS_KEY", "SECURE_SSL_REDIRECT"]
print(json.dumps({name: getattr(settings, name, None) for name in names}))
"""
COMPLETE = {
    "PAYMENTS_MODE": "live",
    "SECRET_KEY": "x" * 50,
    "CUSTODIAN_GATEWAY": "some-bank",
    "SITE_URL": "https://trade.example",
    "ALLOWED_HOSTS": "trade.example",
    "DATABASE_URL": "postgres://web:none@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "S3_ENDPOINT_URL": "http://127.0.0.1:1",
    "S3_ACCESS_KEY": "access",
    "S3_SECRET_KEY": "secret",
    "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
}


def python(code: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs it with these variables and no others; an empty one is left out."""
    values = {"DJANGO_SETTINGS_MODULE": "assurance.settings", "PATH": "/usr/bin:/bin", **COMPLETE, **changes}
    return subprocess.run(  # noqa: S603 (our own)
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={name: value for name, value in values.items() if value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def settings_of(**changes: str) -> dict[str, Any]:
    ran = python(TELL, **changes)
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


def test_complete_settings_are_read() -> None:
    told = settings_of()
    assert told["SITE_URL"] == "https://trade.example"
    assert told["SECURE_SSL_REDIRECT"] is True


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("DEBUG", "on", "DEBUG off"),
        ("CUSTODIAN_GATEWAY", "", "CUSTODIAN_GATEWAY"),
        ("SITE_URL", "http://trade.example", "https://"),
        ("SITE_URL", "", "https://"),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS"),
        ("S3_ACCESS_KEY", "", "S3_ACCESS_KEY"),
        ("S3_SECRET_KEY", "", "S3_SECRET_KEY"),
        ("EMAIL_URL", "", "EMAIL_URL"),
        ("REDIS_URL", "", "live mode uses no embedded service"),
        ("PAYMENTS_MODE", "production", "'sandbox' or 'live'"),
    ],
)
def test_what_is_missing_stops_the_start_and_is_named(name: str, value: str, words: str) -> None:
    ran = python(TELL, **{name: value})
    assert ran.returncode != 0
    assert "ImproperlyConfigured" in ran.stderr
    assert words in ran.stderr.splitlines()[-1]


def test_embedded_services_supply_the_sandbox_only(tmp_path: Path) -> None:
    """The state file of a supervisor lies there: live mode doesn't read it."""
    names = ("SANDBOX_GATEWAY_URL", "SANDBOX_GATEWAY_KEY", "SANDBOX_WEBHOOK_SECRET")
    known = dict.fromkeys(names, "embedded")
    (tmp_path / "services.json").write_text(json.dumps({"environment": known}), encoding="utf-8")
    assert settings_of(PAYMENTS_MODE="sandbox", SERVICES_HOME=str(tmp_path))["SANDBOX_GATEWAY_KEY"] == "embedded"
    assert settings_of(SERVICES_HOME=str(tmp_path))["SANDBOX_GATEWAY_KEY"] == ""


def test_a_header_says_that_the_line_is_safe_only_behind_a_proxy() -> None:
    assert settings_of()["SECURE_PROXY_SSL_HEADER"] is None
    assert settings_of(TRUSTED_PROXY_COUNT="1")["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


# --- what can be known only of a running database, and of the code ----------------------------------------------------
WEB = "import assurance.wsgi"
WORKER = """
from celery.signals import worker_init
import assurance.celery
import django
django.setup()
worker_init.send(sender=None)
"""


def url_of(alias: str) -> str:
    """The test database's, as the web role or as the owner of its tables."""
    values = connections[alias].settings_dict
    host = quote(str(values["HOST"]), safe="")
    return (
        f"postgres://{quote(str(values['USER']), safe='')}:{quote(str(values['PASSWORD']), safe='')}"
        f"@{host}:{values['PORT']}/{quote(str(values['NAME']), safe='')}"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("code", [WEB, WORKER], ids=["web", "worker"])
@pytest.mark.parametrize(
    ("name", "words"),
    [("sandbox", "the sandbox gateway moves no real money"), ("some-bank", "no gateway named 'some-bank' is built")],
)
def test_neither_web_nor_worker_starts_without_a_gateway_for_real_money(code: str, name: str, words: str) -> None:
    ran = python(code, CUSTODIAN_GATEWAY=name, DATABASE_URL=url_of("default"))
    assert ran.returncode != 0
    assert words in ran.stderr
    assert "its role owns" not in ran.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("code", [WEB, WORKER], ids=["web", "worker"])
def test_neither_web_nor_worker_starts_as_the_owner_of_the_tables(code: str) -> None:
    ran = python(code, DATABASE_URL=url_of("owner"))
    assert ran.returncode != 0
    assert "DATABASE_URL: its role owns" in ran.stderr


def test_a_database_that_cannot_be_asked_stops_the_start() -> None:
    assert "whether its role owns a table can't be read" in python(WEB).stderr


@pytest.mark.django_db
@pytest.mark.parametrize("code", [WEB, WORKER], ids=["web", "worker"])
def test_the_sandbox_starts_as_it_is(code: str) -> None:
    ran = python(code, PAYMENTS_MODE="sandbox", DATABASE_URL=url_of("owner"), SITE_URL="", ALLOWED_HOSTS="")
    assert ran.returncode == 0, ran.stderr


LIVE_BANK = {
    "CUSTODIAN_GATEWAY": "bank",
    "PAYMENT_GATEWAYS": "wire=bank",
    "BANK_ACCOUNTS": "USD=SG:TADB:0000000000",
    "BANK_ORDER_ACCOUNTS": "USD=SG:TADB",
    "BANK_ACCOUNT_HOLDER": "Trustee Ltd",
    "BANK_NAME": "A Bank",
    "BANK_BIC": "TADBSGSG",
}


@pytest.mark.django_db
def test_with_a_bank_that_holds_the_money_live_mode_starts() -> None:
    ran = python(WEB, DATABASE_URL=url_of("default"), **LIVE_BANK)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PAYMENT_GATEWAYS": "wire=bank,card=sandbox"}, "PAYMENT_GATEWAYS, card: the sandbox gateway"),
        ({"PAYMENT_GATEWAYS": "wire=bank,card=stripe"}, "PAYMENT_GATEWAYS, card: set STRIPE_SECRET_KEY"),
        ({"PAYMENT_GATEWAYS": "wire=bank,shells=bank"}, "'shells' is no method"),
        ({"PAYMENT_GATEWAYS": ""}, "nothing can be paid"),
        ({"PAYOUT_GATEWAY": "sandbox"}, "PAYOUT_GATEWAY: the sandbox gateway"),
        ({"SECRET_KEY": "sandbox-only-not-a-secret-sandbox-only-not-a-secret"}, "of your own"),
        ({"BANK_BIC": ""}, "set BANK_ACCOUNTS"),
    ],
)
def test_one_wrong_setting_stops_the_start(changes: dict[str, str], words: str) -> None:
    ran = python(WEB, DATABASE_URL=url_of("default"), **(LIVE_BANK | changes))
    assert ran.returncode != 0
    assert words in ran.stderr
