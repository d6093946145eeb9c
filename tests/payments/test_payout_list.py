"""What a company is owed is for those who may see its statements (rules, section 1), on the page and in the API."""

import pytest
from django.urls import reverse, reverse_lazy

from companies.member_pages import role_table
from companies.models import Membership, Role, User
from core.actors import platform
from payments.actions.payout import request_payout
from payments.models import Escrow, Payout
from tests.api.client import Api
from tests.cast import NOW, company_of
from tests.payments.steps import release_all

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("who", "sees"),
    [("seller_owner", True), ("buyer_finance", True), ("buyer_purchasing", True), ("seller_sales", False)],
)
def test_is_shown_to_those_who_see_statements(request, client, who, sees):
    user = request.getfixturevalue(who)
    client.force_login(user)
    assert client.get(reverse("payout-list")).status_code == (200 if sees else 403)
    told = {str(row["label"]): row["cells"] for row in role_table()}
    place = list(Role).index(Membership.objects.get(user=user).role)
    assert told["See payouts and statements of account"][place] == sees
    answer = Api(user).get("payouts/")
    if sees:
        assert answer.ok()["payable"] == []
    else:
        assert answer.code == "not_allowed"


ASK = reverse_lazy("payout-request", args=["USD"])


@pytest.mark.parametrize(("who", "status"), [("seller_owner", 200), ("seller_sales", 403), ("buyer_owner", 404)])
def test_the_question_before_a_payout_is_shown_to_those_who_may_answer_it(request, client, funded_escrow, who, status):
    release_all(funded_escrow)
    client.force_login(request.getfixturevalue(who))
    page = client.get(ASK)
    assert page.status_code == status
    assert ("2,450.00" in page.content.decode()) == (status == 200)
    assert client.post(ASK).status_code == (403 if status == 403 else 302)


def test_a_double_click_on_pay_out_gets_the_answer_of_the_first(
    client, funded_escrow: Escrow, seller_owner: User, seller_sales: User
):
    release_all(funded_escrow)
    client.force_login(seller_sales)
    assert reverse("payout-list") not in client.get(reverse("dashboard")).text
    client.force_login(seller_owner)
    assert reverse("payout-list") in client.get(reverse("dashboard")).text
    for _click in range(2):
        answer = client.post(ASK, {"idempotency_key": "one form"}, follow=True)
        assert answer.status_code == 200
        assert "The payout is requested" in answer.content.decode()
    assert Payout.objects.get().amount_minor == 245_000


def test_one_payout_is_shown_to_those_who_see_statements(funded_escrow, seller_owner, seller_sales, stranger):
    release_all(funded_escrow)
    company_id = company_of(seller_owner).pk
    payout = request_payout(company_id=company_id, currency="USD", by=platform(), at=NOW)
    path = f"payouts/{payout.reference}/"
    assert Api(seller_owner).get(path).ok()["amount"]["amount_minor"] == 245_000
    assert Api(seller_sales).get(path).code == "not_allowed"
    assert Api(stranger).get(path).status == 404
