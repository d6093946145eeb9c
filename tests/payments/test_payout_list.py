"""What a company is owed is for those who may see its statements (rules, section 1), on the page and in the API."""

import pytest
from django.urls import reverse

from tests.api.client import Api

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("who", "sees"), [("seller_owner", True), ("buyer_finance", True), ("seller_sales", False)])
def test_is_shown_to_those_who_see_statements(request, client, who, sees):
    user = request.getfixturevalue(who)
    client.force_login(user)
    assert client.get(reverse("payout-list")).status_code == (200 if sees else 403)
    answer = Api(user).get("payouts/")
    if sees:
        assert answer.ok()["payable"] == []
    else:
        assert answer.code == "not_allowed"
