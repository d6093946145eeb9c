from companies.models import Role
from companies.queries import memberships_of, usable_payout_account
from tests.cast import actor, company_of


def test_seller_may_sell_and_be_paid(seller_owner, seller_sales, now):
    seller = company_of(seller_owner)
    assert seller.may_sell and seller.is_verified
    assert usable_payout_account(seller.pk, "USD", now) is not None
    assert usable_payout_account(seller.pk, "EUR", now) is None
    assert actor(seller_sales).role == Role.SALES
    assert actor(seller_sales).company_id == seller.pk


def test_buyer_has_every_role(buyer_owner, buyer_purchasing, buyer_finance, buyer_viewer):
    people = [buyer_owner, buyer_purchasing, buyer_finance, buyer_viewer]
    assert {company_of(each).pk for each in people} == {company_of(buyer_owner).pk}
    assert [actor(each).role for each in people] == ["owner", "purchasing", "finance", "viewer"]
    assert not company_of(buyer_owner).may_sell


def test_staff_act_for_no_company(arbiter, treasurer, verifier, stranger):
    assert [actor(each).role for each in (arbiter, treasurer, verifier)] == ["arbiter", "treasurer", "verifier"]
    assert {actor(each).kind for each in (arbiter, treasurer, verifier)} == {"staff"}
    assert memberships_of(arbiter) == []
    assert actor(stranger).role == Role.OWNER
