"""The harness of the journeys: a real browser, a live server under the web role, the gateway told where it listens."""

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from services.gateway import SandboxGateway

pytestmark = pytest.mark.browser


@pytest.mark.django_db(transaction=True)
def test_a_browser_sees_the_live_server(page: Any, live_server: Any, sandbox_gateway: SandboxGateway) -> None:
    assert ContentType.objects.exists()
    sandbox_gateway.send_webhooks_to(live_server.url)
    answer = page.goto(live_server.url)
    assert answer.status == 200
    assert page.title()
    sheets = page.evaluate("[...document.styleSheets].map(sheet => sheet.cssRules.length)")
    assert sheets
    assert all(sheets), "every style sheet has arrived"
