"""The only SELECT ... FOR UPDATE of payments, in the lock order of docs/architecture.md."""

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from core.errors import NotFound
from payments.models import (
    LOST_PAYMENT_STATES,
    NOT_SENT_STATES,
    Account,
    BankBatch,
    BankOrder,
    Chargeback,
    Difference,
    DifferenceState,
    Escrow,
    Instalment,
    Payment,
    PaymentState,
    Payout,
    Refund,
    SendState,
    StatementFile,
    SuspenseItem,
)
from payments.models.account_codes import payable, receivable

READING, FEES_GATE, CASES_GATE = 7_203_003, 7_203_004, 7_203_005
"""Advisory locks: of reading statements, publishing fees, noting differences."""

M = TypeVar("M", bound=Model)


@cache
def _lock_sql(model: type[Model]) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in model._meta.concrete_fields)
    return f"SELECT {columns} FROM {quote(model._meta.db_table)} WHERE id = %s FOR NO KEY UPDATE"  # noqa: S608


def _locked(model: type[M], pk: int) -> M:
    """One row, locked until commit. Its SQL is put together once: building costs more than running it."""
    with connection.cursor() as cursor:
        cursor.execute(_lock_sql(model), [pk])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    fields: Any = model._meta.concrete_fields
    values = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, row, strict=True)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], values)


def lock_fee_schedules() -> None:
    """Publishing fees, one at a time until commit. The rows themselves are never changed, so that none is locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEES_GATE])


def lock_escrow(escrow_id: int) -> Escrow:
    """The escrow, locked until commit. Raises NotFound."""
    return _locked(Escrow, escrow_id)


def lock_instalments(escrow_id: int) -> list[Instalment]:
    """All instalments of a locked escrow, in their order."""
    return list(Instalment.objects.select_for_update(no_key=True).filter(escrow_id=escrow_id).order_by("sequence"))


def lock_payment(payment_id: int) -> Payment:
    """The payment behind its escrow (`payment.escrow` is the locked one). Raises NotFound."""
    escrow_id = Payment.objects.filter(pk=payment_id).values_list("escrow_id", flat=True).first()
    if escrow_id is None:
        raise NotFound
    escrow = lock_escrow(escrow_id)
    payment = _locked(Payment, payment_id)
    payment.escrow = escrow
    return payment


def lock_live_payments(escrow_id: int) -> list[Payment]:
    """The live attempts of a locked escrow, oldest first."""
    return list(
        Payment.objects.select_for_update(no_key=True)
        .filter(escrow_id=escrow_id, state__in=["CREATED", "PENDING"])
        .order_by("pk")
    )


def lock_counting_payments(instalment: Instalment) -> list[Payment]:
    """Those that secure an instalment of a locked escrow, or did before money was lost; newest first."""
    rows = Payment.objects.select_for_update(no_key=True).filter(instalment=instalment)
    return list(rows.filter(state__in=[PaymentState.SECURED, *LOST_PAYMENT_STATES]).order_by("-pk"))


def lock_paid_payments(escrow_id: int) -> list[Payment]:
    """The payments of a locked escrow that brought money which has not gone back, newest first."""
    rows = Payment.objects.select_for_update(no_key=True).filter(escrow_id=escrow_id, received_minor__gt=0)
    return [payment for payment in rows.order_by("-pk") if payment.left_minor]


def lock_chargeback(chargeback_id: int) -> Chargeback:
    """The charge-back behind its escrow and payment, which are the locked ones. Raises NotFound."""
    payment_id = Chargeback.objects.filter(pk=chargeback_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise NotFound
    payment = lock_payment(payment_id)
    chargeback = _locked(Chargeback, chargeback_id)
    chargeback.payment, chargeback.escrow = payment, payment.escrow
    return chargeback


def lock_stoppable_refunds(payment: Payment) -> list[Refund]:
    """Refunds of a locked payment, in its escrow's currency, that are owed and of which nothing is on its way.

    Oldest first: those that wait to be sent, and those that failed or came back and were not replaced.
    """
    rows = Refund.objects.select_for_update(no_key=True, of=("self",)).filter(
        payment=payment,
        currency=payment.escrow.currency,
        state__in=[*NOT_SENT_STATES, SendState.FAILED, SendState.RETURNED],
    )
    replaced = set(Refund.objects.filter(payment=payment, replaces__isnull=False).values_list("replaces_id", flat=True))
    return [refund for refund in rows.select_related("owed_from").order_by("pk") if refund.pk not in replaced]


def lock_statement_file(file_id: int) -> StatementFile:
    """Before anything that its lines may touch. Raises NotFound."""
    return _locked(StatementFile, file_id)


def lock_reading() -> None:
    """One statement file is read at a time: otherwise two could bring the same new line. Until commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [READING])


def lock_gateway_record(gateway: str) -> None:
    """The costs and settlements of one gateway are booked one after the other: none twice. Until commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"gateway record {gateway}"])


def lock_open_differences() -> list[Difference]:
    """Every open case of the self-check, by id; two checks at once note one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CASES_GATE])
    rows = Difference.objects.select_for_update(no_key=True).filter(state=DifferenceState.OPEN)
    return list(rows.order_by("pk"))


def lock_difference(difference_id: int) -> Difference:
    """Raises NotFound."""
    return _locked(Difference, difference_id)


def lock_suspense_item(item_id: int) -> SuspenseItem:
    """Raises NotFound."""
    return _locked(SuspenseItem, item_id)


def lock_bank_batch(batch_id: int) -> BankBatch:
    """Raises NotFound."""
    return _locked(BankBatch, batch_id)


def lock_bank_order(order_id: int) -> BankOrder:
    """Raises NotFound."""
    return _locked(BankOrder, order_id)


def lock_bank_orders(order_ids: Iterable[int]) -> dict[int, BankOrder]:
    """By id, locked in the order of their ids."""
    rows = BankOrder.objects.select_for_update(no_key=True).filter(pk__in=set(order_ids)).order_by("pk")
    return {order.pk: order for order in rows}


def lock_waiting_bank_orders(currency: str, most: int) -> list[BankOrder]:
    """The oldest that wait for a batch in a currency, without those that another batch is taking."""
    rows = BankOrder.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    waiting = rows.filter(currency=currency, state="WAITING").select_related("payout__account", "refund")
    return list(waiting.order_by("pk")[:most])


def lock_refund(refund_id: int) -> Refund:
    """The refund behind its escrow, or behind its case on the desk. Raises NotFound."""
    behind = Refund.objects.filter(pk=refund_id).values_list("escrow_id", "item_id").first()
    if behind is None:
        raise NotFound
    escrow_id, item_id = behind
    if escrow_id:
        lock_escrow(escrow_id)
    else:
        lock_suspense_item(item_id)
    return _locked(Refund, refund_id)


def lock_payout(payout_id: int) -> Payout:
    """Raises NotFound."""
    return _locked(Payout, payout_id)


def lock_payable(company_id: int, currency: str) -> Account | None:
    """What a company is owed in a currency: its account, or None if nothing was ever owed in it."""
    return Account.objects.select_for_update(no_key=True).filter(code=payable(company_id, currency)).first()


def lock_receivable(company_id: int, currency: str) -> Account | None:
    """What a company owes in a currency: its account, or None if it never owed anything in it."""
    return Account.objects.select_for_update(no_key=True).filter(code=receivable(company_id, currency)).first()


def lock_account(account_id: int) -> Account:
    """For the deadlines of an account. Raises NotFound."""
    return _locked(Account, account_id)
