from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class BrowserSession(SessionAuthentication):
    """The browser's session, with CSRF. Whoever isn't logged in gets 401 and not 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
