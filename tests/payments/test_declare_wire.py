from datetime import date

import pytest

from core.errors import Invalid, NotAllowed
from payments.actions.funding import stop_funding
from payments.actions.wire import NoWireOpen, WireAlreadyDeclared, declare_wire
from payments.errors import FundingIsOver
from payments.models import PaymentState, Transfer
from tests.cast import NOW, actor
from tests.payments.steps import start, told

pytestmark = pytest.mark.django_db


def declare(escrow, by, *, amount_minor=75_000, bank_reference="FT2603"):
    return declare_wire(
        escrow_id=escrow.pk,
        declared_on=date(2026, 3, 3),
        amount_minor=amount_minor,
        bank_reference=bank_reference,
        by=by,
        at=NOW,
    )


def test_keeps_what_was_said_and_moves_no_money(escrow, buyer_owner, buyer_finance):
    start(escrow, buyer_owner, method="wire")
    payment = declare(escrow, actor(buyer_finance))
    payment.refresh_from_db()
    assert (payment.state, payment.declared_minor, payment.declared_at) == (PaymentState.PENDING, 75_000, NOW)
    assert told("WireDeclared") == [{"escrow_id": escrow.pk, "payment_id": payment.pk, "amount_minor": 75_000}]
    assert not Transfer.objects.exists()


def test_the_same_again_is_the_same_and_another_is_refused(escrow, buyer_owner):
    start(escrow, buyer_owner, method="wire")
    declare(escrow, actor(buyer_owner))
    declare(escrow, actor(buyer_owner))
    assert len(told("WireDeclared")) == 1
    with pytest.raises(WireAlreadyDeclared):
        declare(escrow, actor(buyer_owner), amount_minor=1)


def test_needs_the_instructions_first(escrow, buyer_owner):
    start(escrow, buyer_owner, method="card")
    with pytest.raises(NoWireOpen):
        declare(escrow, actor(buyer_owner))


@pytest.mark.parametrize("who", ["seller_owner", "stranger", "buyer_viewer"])
def test_is_refused_to_anyone_without_the_right(request, escrow, buyer_owner, who):
    start(escrow, buyer_owner, method="wire")
    with pytest.raises(NotAllowed):
        declare(escrow, actor(request.getfixturevalue(who)))


@pytest.mark.parametrize("amount_minor", [0, -1, 10**12 + 1])
def test_bad_amounts_are_refused(escrow, buyer_owner, amount_minor):
    start(escrow, buyer_owner, method="wire")
    with pytest.raises(Invalid):
        declare(escrow, actor(buyer_owner), amount_minor=amount_minor)


def test_nothing_is_declared_after_the_stop(escrow, buyer_owner, platform):
    start(escrow, buyer_owner, method="wire")
    stop_funding(escrow_id=escrow.pk, reason="expired", by=platform, at=NOW)
    with pytest.raises(FundingIsOver):
        declare(escrow, actor(buyer_owner))
