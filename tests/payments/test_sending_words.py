"""What people read of money on its way out: of each state something."""

import pytest

from payments.models import Payout, Refund, SendState
from payments.sending_words import payout_words, refund_words


@pytest.mark.parametrize("state", SendState.values)
def test_every_state_has_words(state: str) -> None:
    assert all(refund_words(Refund(state=state))) and all(payout_words(Payout(state=state)))
