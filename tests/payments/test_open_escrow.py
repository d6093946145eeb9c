import pytest

from core.errors import Invalid, NotAllowed
from payments.actions.escrow import InstalmentPlan, make_due, open_escrow
from payments.actions.funding import stop_funding
from payments.errors import FundingIsOver
from payments.models import Account, Escrow, EscrowState, Instalment, Transfer
from tests.cast import NOW, actor, company_of
from tests.payments.steps import new_escrow

pytestmark = pytest.mark.django_db


def ask(payer, payee, by, **changed):
    values = {
        "payer_id": company_of(payer).pk,
        "payee_id": company_of(payee).pk,
        "currency": "USD",
        "instalments": [InstalmentPlan(30, "confirmation"), InstalmentPlan(70, "readiness")],
        "methods": ["card"],
        "bank_charges": "payer",
        "title": "TA-2026-000001",
        "by": by,
        "at": NOW,
    }
    return open_escrow(**{**values, **changed})


def test_keeps_the_schedule_and_makes_the_accounts(buyer_owner, seller_owner):
    escrow = ask(buyer_owner, seller_owner, actor(buyer_owner))
    assert (escrow.state, escrow.total_minor) == (EscrowState.AWAITING_FUNDS, 100)
    assert (escrow.schedule_version, escrow.fee_basis_points, escrow.fee_cap_minor) == (1, 200, 500_000)
    assert dict(Account.objects.values_list("code", "balance_minor")) == {
        f"escrow:{escrow.pk}:held": 0,
        f"refund_due:{escrow.pk}": 0,
        f"payable:{escrow.payee_id}:USD": 0,
        "fees:USD": None,
    }
    assert list(Instalment.objects.order_by("sequence").values_list("sequence", "amount_minor", "due_at")) == [
        (1, 30, None),
        (2, 70, None),
    ]
    assert not Transfer.objects.exists()


def test_a_second_one_shares_the_accounts_of_the_payee(buyer_owner, seller_owner):
    new_escrow(buyer_owner, seller_owner)
    new_escrow(buyer_owner, seller_owner)
    assert Account.objects.filter(kind="PAYABLE").count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"instalments": []}, "instalments"),
        ({"instalments": [InstalmentPlan(10, "readiness")]}, "instalments"),
        ({"instalments": [InstalmentPlan(10, "someday")]}, "instalments"),
        ({"instalments": [InstalmentPlan(0, "confirmation")]}, "instalments"),
        ({"instalments": [InstalmentPlan(-5, "confirmation")]}, "instalments"),
        ({"instalments": [InstalmentPlan(10**12, "confirmation"), InstalmentPlan(1, "readiness")]}, "instalments"),
        ({"currency": "XXX"}, "currency"),
        ({"methods": []}, "methods"),
        ({"methods": ["cash"]}, "methods"),
        ({"bank_charges": "bank"}, "bank_charges"),
    ],
)
def test_bad_input_is_refused_beside_its_field(buyer_owner, seller_owner, changed, field):
    with pytest.raises(Invalid) as refusal:
        ask(buyer_owner, seller_owner, actor(buyer_owner), **changed)
    assert field in refusal.value.fields
    assert not Escrow.objects.exists()


@pytest.mark.parametrize("who", ["seller_owner", "buyer_finance", "buyer_viewer", "stranger"])
def test_only_those_who_sign_for_the_payer_open_it(request, buyer_owner, seller_owner, who):
    with pytest.raises(NotAllowed):
        ask(buyer_owner, seller_owner, actor(request.getfixturevalue(who)))
    assert not Escrow.objects.exists()


def test_make_due_tells_which_were_not_due_before(buyer_owner, seller_owner):
    escrow = new_escrow(buyer_owner, seller_owner, due=False)
    second = Instalment.objects.get(escrow=escrow, sequence=2)
    assert second.due_at is None
    assert make_due(escrow_id=escrow.pk, due_on="readiness", by=actor(seller_owner), at=NOW) == [second.pk]
    assert make_due(escrow_id=escrow.pk, due_on="readiness", by=actor(seller_owner), at=NOW) == []


def test_a_stranger_makes_nothing_due(buyer_owner, seller_owner, stranger):
    escrow = new_escrow(buyer_owner, seller_owner, due=False)
    with pytest.raises(NotAllowed):
        make_due(escrow_id=escrow.pk, due_on="readiness", by=actor(stranger), at=NOW)
    assert Instalment.objects.filter(escrow=escrow, due_at__isnull=False).count() == 1


def test_nothing_falls_due_after_the_stop(buyer_owner, seller_owner, platform):
    escrow = new_escrow(buyer_owner, seller_owner, due=False)
    stop_funding(escrow_id=escrow.pk, reason="expired", by=platform, at=NOW)
    with pytest.raises(FundingIsOver):
        make_due(escrow_id=escrow.pk, due_on="readiness", by=platform, at=NOW)
