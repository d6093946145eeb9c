from payments.models.approval import Approval
from payments.models.bank import (
    AheadPage,
    AheadStatement,
    BankLine,
    BankStatement,
    Direction,
    LineOutcome,
    Outcome,
    StatementChunk,
    StatementDoor,
    StatementFile,
    StatementState,
)
from payments.models.bank_order import ENDED_BATCHES, BankBatch, BankOrder, BankOrderState, BankRejection, BatchState
from payments.models.chargeback import Chargeback, ChargebackState, LossBearer
from payments.models.debt_word import DebtWord
from payments.models.desk_proposal import DeskProposal
from payments.models.escrow import DueOn, Escrow, EscrowState, Instalment, Release
from payments.models.fee_schedule import FeeSchedule
from payments.models.gateway_event import GatewayEvent
from payments.models.ledger import Account, AccountKind, DailyClosing, Entry, Transfer, TransferKind
from payments.models.payment import LIVE_PAYMENT_STATES, LOST_PAYMENT_STATES, Method, Payment, PaymentState, Receipt
from payments.models.payout import Payout
from payments.models.reconciliation import BookedInto, DailyFigure, Difference, DifferenceState, LineExplanation
from payments.models.refund import Refund
from payments.models.sending import NOT_SENT_STATES, OPEN_STATES, SendState
from payments.models.suspense import Allocation, SuspenseItem, SuspenseState

__all__ = [
    "ENDED_BATCHES",
    "LIVE_PAYMENT_STATES",
    "NOT_SENT_STATES",
    "LOST_PAYMENT_STATES",
    "OPEN_STATES",
    "Account",
    "AccountKind",
    "AheadPage",
    "AheadStatement",
    "Allocation",
    "Approval",
    "BankBatch",
    "BankLine",
    "BankOrder",
    "BankOrderState",
    "BankRejection",
    "BankStatement",
    "BookedInto",
    "Chargeback",
    "ChargebackState",
    "BatchState",
    "DailyClosing",
    "DebtWord",
    "DeskProposal",
    "DailyFigure",
    "Difference",
    "DifferenceState",
    "Direction",
    "DueOn",
    "Entry",
    "Escrow",
    "EscrowState",
    "FeeSchedule",
    "GatewayEvent",
    "Instalment",
    "LineExplanation",
    "LineOutcome",
    "LossBearer",
    "Method",
    "Outcome",
    "Payment",
    "PaymentState",
    "Payout",
    "Receipt",
    "Refund",
    "Release",
    "SendState",
    "StatementChunk",
    "StatementDoor",
    "StatementFile",
    "StatementState",
    "SuspenseItem",
    "SuspenseState",
    "Transfer",
    "TransferKind",
]
