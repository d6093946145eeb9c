"""The people of the sandbox: who they are, and how to log in as them. Live mode shows and makes none of them."""

from typing import NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from companies.models import StaffGroup, User

PASSWORD = "sandbox-demo-2026"  # noqa: S105  (public: printed on the log-in page of the sandbox)


class DemoLogin(NamedTuple):
    role: str | Promise
    email: str
    password: str = PASSWORD
    group: str = ""
    """Of staff: their group."""


DEMO_LOGINS = [
    DemoLogin(_("Seller in Vietnam, owner"), "owner@songhong.example"),
    DemoLogin(_("Seller in Vietnam, sales"), "sales@songhong.example"),
    DemoLogin(_("Seller in Vietnam, finance"), "finance@songhong.example"),
    DemoLogin(_("Seller in China, owner"), "owner@yuexing.example"),
    DemoLogin(_("Buyer in the USA, owner"), "owner@northlake.example"),
    DemoLogin(_("Buyer in the USA, purchasing"), "purchasing@northlake.example"),
    DemoLogin(_("Buyer in the USA, finance"), "finance@northlake.example"),
    DemoLogin(_("Buyer in Germany, owner"), "owner@hansekontor.example"),
    DemoLogin(_("Staff, verifies companies"), "verifier@assurance.example", group=StaffGroup.VERIFIER),
    DemoLogin(_("Staff, watches the money"), "treasurer@assurance.example", group=StaffGroup.TREASURER),
    DemoLogin(_("Staff, approves large payouts"), "treasurer2@assurance.example", group=StaffGroup.TREASURER),
    DemoLogin(_("Staff, decides cases"), "arbiter@assurance.example", group=StaffGroup.ARBITER),
]


def existing_demo_logins() -> list[DemoLogin]:
    """Those whose accounts were loaded; none outside the sandbox. One query."""
    if not settings.SANDBOX:
        return []
    addresses = [login.email for login in DEMO_LOGINS]
    there = set(User.objects.filter(email__in=addresses, is_active=True).values_list("email", flat=True))
    return [login for login in DEMO_LOGINS if login.email in there]


def is_demo_address(email: str) -> bool:
    """Only in the sandbox."""
    return settings.SANDBOX and any(login.email == email for login in DEMO_LOGINS)
