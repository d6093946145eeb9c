from typing import Any

from django.core.management.base import BaseCommand

from companies.demo_logins import existing_demo_logins


class Command(BaseCommand):
    help = "Print the log-ins of the sandbox's people, as far as they were loaded. None in live mode."

    def handle(self, *args: Any, **options: Any) -> None:
        logins = existing_demo_logins()
        wide = max((len(str(login.role)) for login in logins), default=0)
        far = max((len(login.email) for login in logins), default=0)
        for login in logins:
            self.stdout.write(f"{login.role!s:<{wide}}  {login.email:<{far}}  {login.password}")
