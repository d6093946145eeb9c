"""What payments tell: ids and numbers, in the past tense. Amounts are minor units of the named escrow or payout."""

from datetime import datetime

from core.events import event


@event
class PaymentPending:
    """The gateway knows of a payment; nothing is received yet."""

    escrow_id: int
    payment_id: int
    instalment_id: int
    method: str
    at: datetime


@event
class PaymentFailed:
    """An attempt that was still wanted ended without any money. `code`: the gateway's failure code, or the state."""

    escrow_id: int
    payment_id: int
    code: str
    at: datetime


@event
class WireDeclared:
    escrow_id: int
    payment_id: int
    amount_minor: int
    at: datetime


@event
class WireShort:
    """Money came, and `missing_minor` is still to come."""

    escrow_id: int
    payment_id: int
    missing_minor: int
    at: datetime


@event
class MoneyAfterStop:
    """Money came in after the deal took no more, and goes back."""

    escrow_id: int
    payment_id: int
    amount_minor: int
    currency: str
    at: datetime


@event
class MoneyOnEndedAttempt:
    """Money of an attempt that was given up, or replaced by another, goes back; the deal itself may still be paid."""

    escrow_id: int
    payment_id: int
    amount_minor: int
    currency: str
    at: datetime


@event
class OverpaymentReceived:
    """More than was asked came in; `amount_minor` of `currency` goes back."""

    escrow_id: int
    payment_id: int
    amount_minor: int
    currency: str
    at: datetime


@event
class ThirdPartyPaid:
    """A wire for a deal came from somebody else than its payer; it counts, and both sides are told."""

    escrow_id: int
    payment_id: int
    allocation_id: int
    amount_minor: int
    currency: str
    at: datetime


@event
class WireAwaitsPayer:
    """A wire for a deal whose money was taken back came before its payer began to pay again: it lies on the desk."""

    escrow_id: int
    item_id: int
    amount_minor: int
    currency: str
    at: datetime


@event
class InstalmentSecured:
    """`all_due_secured`: nothing that is due by now is unpaid."""

    escrow_id: int
    instalment_id: int
    sequence: int
    amount_minor: int
    all_due_secured: bool
    at: datetime


@event
class EscrowFunded:
    escrow_id: int
    at: datetime


@event
class FundingStopped:
    escrow_id: int
    reason: str
    at: datetime


@event
class EscrowReleased:
    """`amount_minor` is gross; the payee gets it less `fee_minor`."""

    escrow_id: int
    amount_minor: int
    fee_minor: int
    at: datetime


@event
class RefundRequested:
    escrow_id: int
    refund_id: int
    amount_minor: int
    at: datetime


@event
class RefundPaid:
    escrow_id: int
    refund_id: int
    amount_minor: int
    at: datetime


@event
class RefundFailed:
    """Not paid, or came back: still owed, and staff decide."""

    escrow_id: int
    refund_id: int
    amount_minor: int
    code: str
    at: datetime


@event
class ChargebackOpened:
    """The payer's bank took `amount_minor` back; `frozen_minor` of it was still there and is frozen."""

    escrow_id: int
    payment_id: int
    chargeback_id: int
    amount_minor: int
    frozen_minor: int
    at: datetime


@event
class InstalmentLost:
    """What had secured it was taken back; it is due again."""

    escrow_id: int
    instalment_id: int
    sequence: int
    amount_minor: int
    at: datetime


@event
class ChargebackWon:
    """The bank gave it back: what was frozen is held again, or goes back where it was paid anew meanwhile."""

    escrow_id: int
    payment_id: int
    chargeback_id: int
    amount_minor: int
    at: datetime


@event
class ChargebackLost:
    """It is the payer's. `loss_minor` of it had left the escrow before: who bears that is said by the deal."""

    escrow_id: int
    payment_id: int
    chargeback_id: int
    amount_minor: int
    loss_minor: int
    at: datetime


@event
class LossCharged:
    """The payee owes `amount_minor` of a lost charge-back; its next payable money repays it."""

    escrow_id: int
    chargeback_id: int
    company_id: int
    amount_minor: int
    at: datetime


@event
class EvidenceSent:
    escrow_id: int
    chargeback_id: int
    at: datetime


@event
class PayoutWaits:
    """Money is payable, and the company has no usable account in that currency."""

    company_id: int
    currency: str
    amount_minor: int
    at: datetime


@event
class PayoutRequested:
    payout_id: int
    company_id: int
    amount_minor: int
    at: datetime


@event
class PayoutSent:
    payout_id: int
    company_id: int
    amount_minor: int
    at: datetime


@event
class PayoutPaid:
    """`escrow_ids`: the deals whose money it carried."""

    payout_id: int
    company_id: int
    amount_minor: int
    escrow_ids: list[int]
    at: datetime


@event
class PayoutFailed:
    """Refused or returned by the bank: the money is payable again."""

    payout_id: int
    company_id: int
    amount_minor: int
    code: str
    at: datetime


@event
class LargeMoneyApproved:
    """Enough treasurers approved a large payout or refund: it may go out."""

    subject_type: str
    subject_id: int
    at: datetime


@event
class PayoutDeclined:
    """A treasurer stopped a large payout before it left: the money is payable again."""

    payout_id: int
    company_id: int
    amount_minor: int
    at: datetime


@event
class RefundDeclined:
    """A treasurer stopped a large refund before it left: still owed, and staff decide."""

    escrow_id: int
    refund_id: int
    amount_minor: int
    at: datetime
