"""Staff's look at the money: escrows and their balances, the ledger, what came in, what goes out. Nothing is typed."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from companies.admin_offers import Check, OfferingModelAdmin
from companies.models import StaffGroup
from companies.queries import staff_actor_of
from core import clock
from core.admin_ask import ask_first
from core.admin_base import BY_CURRENCY, named, one_of
from core.money import format_money
from payments.actions.approval import (
    approve_payout,
    approve_refund,
    check_can_approve,
    check_can_decline,
    decline_payout,
    decline_refund,
)
from payments.actions.refunds import check_can_go_by_bank, check_can_retry, refund_by_bank, retry_refund
from payments.bank_admin import BankLineAdmin, StatementFileAdmin
from payments.bank_order_admin import BankBatchAdmin, BankOrderAdmin
from payments.chargeback_admin import ChargebackAdmin
from payments.desk_admin import SuspenseItemAdmin
from payments.fee_admin import FeeScheduleAdmin
from payments.models import (
    OPEN_STATES,
    Account,
    AccountKind,
    BankBatch,
    BankLine,
    BankOrder,
    Chargeback,
    DailyClosing,
    Difference,
    Entry,
    Escrow,
    FeeSchedule,
    GatewayEvent,
    Payment,
    Payout,
    Receipt,
    Refund,
    Release,
    SendState,
    StatementFile,
    SuspenseItem,
    Transfer,
)
from payments.money_admin import DifferenceAdmin, MoneyPages
from payments.queries import approvals_of, balance_minor, money_of, payable_by_currency
from payments.routing import gateways_in_use
from payments.timing import next_business_close

admin.site.register(FeeSchedule, FeeScheduleAdmin)
admin.site.register(Difference, DifferenceAdmin)
admin.site.register(StatementFile, StatementFileAdmin)
admin.site.register(BankLine, BankLineAdmin)
admin.site.register(Chargeback, ChargebackAdmin)
admin.site.register(SuspenseItem, SuspenseItemAdmin)
admin.site.register(BankBatch, BankBatchAdmin)
admin.site.register(BankOrder, BankOrderAdmin)
SENDING_COLOURS = {
    "REQUESTED": "info",
    "APPROVED": "info",
    "SENDING": "info",
    "SENT": "info",
    "UNKNOWN": "warning",
    "PAID": "success",
    "FAILED": "danger",
    "RETURNED": "danger",
    "STOPPED": "info",
}
BY_GATEWAY = one_of("gateway", _("gateway"), lambda: named(gateways_in_use()))
STUCK = (*OPEN_STATES, SendState.FAILED, SendState.RETURNED)


class MoneyAdmin(OfferingModelAdmin):
    seen_by: ClassVar[tuple[str, ...]] = (StaffGroup.TREASURER,)
    ordering: ClassVar = ("-id",)

    @admin.display(description=_("amount"))
    def amount(self, row: Any) -> str:
        return format_money(row.amount_minor, row.currency)


@admin.register(Escrow)
class EscrowAdmin(MoneyAdmin):
    list_display = ("reference", "title", "state", "payer", "payee", "total", "held", "refund_due", "created_at")
    list_filter = ("state", BY_CURRENCY)
    search_fields = ("reference", "title", "payer__name", "payee__name")
    list_select_related = ("payer", "payee")
    readonly_fields = ("money",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Escrow]:
        accounts = Account.objects.filter(escrow=OuterRef("pk"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                held_minor=Subquery(accounts.filter(kind=AccountKind.HELD).values("balance_minor")[:1]),
                refund_due_minor=Subquery(accounts.filter(kind=AccountKind.REFUND_DUE).values("balance_minor")[:1]),
            )
        )

    @admin.display(description=_("total"))
    def total(self, escrow: Escrow) -> str:
        return format_money(escrow.total_minor, escrow.currency)

    @admin.display(description=_("held"))
    def held(self, escrow: Any) -> str:
        return format_money(escrow.held_minor or 0, escrow.currency)

    @admin.display(description=_("to go back"))
    def refund_due(self, escrow: Any) -> str:
        return format_money(escrow.refund_due_minor or 0, escrow.currency)

    @admin.display(description=_("money"))
    def money(self, escrow: Escrow) -> str:
        found = money_of(escrow.pk)
        rows = [
            (_("held"), found.held_minor),
            (_("frozen"), found.frozen_minor),
            (_("due"), found.due_minor),
            (_("released"), found.released_minor),
            (_("fee"), found.fee_minor),
            (_("payable"), found.payable_minor),
            (_("paid out"), found.paid_out_minor),
            (_("to go back"), found.refund_due_minor),
            (_("refunded"), found.refunded_minor),
        ]
        lines = [f"{label}: {format_money(amount, found.currency)}" for label, amount in rows]
        lines += [
            f"{each.sequence}. {each.due_on}: {format_money(each.asked_minor, found.currency)} {each.state}"
            for each in found.instalments
        ]
        owed = payable_by_currency(escrow.payee_id)
        lines += [
            f"{_('payable to the payee in all')}: {format_money(amount, currency)}" for currency, amount in owed.items()
        ]
        return "\n".join(lines)


@admin.register(Account)
class AccountAdmin(MoneyPages, MoneyAdmin):
    """A stored balance, or the last daily closing plus what came after."""

    list_display = ("code", "kind", "currency", "balance", "company", "version")
    list_filter = ("kind", BY_CURRENCY)
    search_fields = ("code", "company__name")
    list_select_related = ("company",)
    readonly_fields = ("balance",)

    @admin.display(description=_("balance"))
    def balance(self, account: Account) -> str:
        stored = account.balance_minor
        found = balance_minor(account.code) if stored is None else stored
        return format_money(found, account.currency)


@admin.register(Transfer)
class TransferAdmin(MoneyAdmin):
    list_display = ("key", "kind", "debit", "credit", "amount", "event_at", "booked_at")
    list_filter = ("kind", BY_CURRENCY)
    search_fields = ("=key", "=debit__code", "=credit__code")
    list_select_related = ("debit", "credit")


@admin.register(Entry)
class EntryAdmin(MoneyAdmin):
    list_display = ("account", "version", "change", "balance", "transfer")
    search_fields = ("=account__code", "=transfer__key")
    list_select_related = ("account", "transfer")

    @admin.display(description=_("change"))
    def change(self, entry: Entry) -> str:
        return format_money(entry.change_minor, entry.account.currency)

    @admin.display(description=_("balance"))
    def balance(self, entry: Entry) -> str:
        return format_money(entry.balance_minor, entry.account.currency)


@admin.register(DailyClosing)
class DailyClosingAdmin(MoneyAdmin):
    list_display = ("account", "through", "balance")
    search_fields = ("=account__code",)
    list_select_related = ("account",)

    @admin.display(description=_("balance"))
    def balance(self, closing: DailyClosing) -> str:
        return format_money(closing.balance_minor, closing.account.currency)


@admin.register(Payment)
class PaymentAdmin(MoneyAdmin):
    list_display = ("reference", "escrow", "method", "state", "amount", "received", "failure_code", "created_at")
    list_filter = ("state", "method", BY_GATEWAY)
    search_fields = ("reference", "gateway_id", "escrow__reference", "escrow__title")
    list_select_related = ("escrow",)

    @admin.display(description=_("amount"))
    def amount(self, row: Payment) -> str:
        return format_money(row.amount_minor, row.escrow.currency)

    @admin.display(description=_("received"))
    def received(self, payment: Payment) -> str:
        return format_money(payment.received_minor, payment.escrow.currency)


@admin.register(Receipt)
class ReceiptAdmin(MoneyAdmin):
    list_display = ("gateway_receipt_id", "payment", "amount", "remitter_name", "received_at", "recorded_at")
    list_filter = (BY_GATEWAY, BY_CURRENCY)
    search_fields = ("gateway_receipt_id", "payment__reference", "remitter_name")
    list_select_related = ("payment",)


@admin.register(Release)
class ReleaseAdmin(MoneyAdmin):
    list_display = ("escrow", "reason", "sequence", "amount", "fee", "payout", "at")
    search_fields = ("escrow__reference", "escrow__title")
    list_select_related = ("escrow", "payout")

    @admin.display(description=_("amount"))
    def amount(self, row: Release) -> str:
        return format_money(row.amount_minor, row.escrow.currency)

    @admin.display(description=_("fee"))
    def fee(self, release: Release) -> str:
        return format_money(release.fee_minor, release.escrow.currency)


class SendingAdmin(MoneyAdmin):
    """Money on its way out. What is open, or failed, for over a business day stands out."""

    list_filter: ClassVar = ("state", BY_CURRENCY, BY_GATEWAY)
    offered: ClassVar[dict[str, Check]] = {"approve": check_can_approve, "decline": check_can_decline}

    @display(description=_("state"), label=SENDING_COLOURS)
    def standing(self, row: Any) -> tuple[str, str]:
        return row.state, row.state

    @admin.display(description=_("approvals"))
    def approvals(self, row: Any) -> str:
        """How many of how many, and by whom: they are two different people."""
        if not row.approvals_needed:
            return "–"
        given = approvals_of(row)
        names = ", ".join(str(each.user) for each in given)
        return f"{len(given)} / {row.approvals_needed} {names}".strip()

    def _ask_about(self, request: HttpRequest, row: Any, question: Any, act: Any) -> HttpResponse:
        by, at, name = staff_actor_of(request), clock.now(), row._meta.model_name
        return ask_first(
            request,
            question=question,
            subject=f"{row.reference}: {format_money(row.amount_minor, row.currency)}, {row.state}",
            back=reverse(f"admin:payments_{name}_change", args=[row.pk]),
            run=lambda why: act(**{f"{name}_id": row.pk}, why=why, by=by, at=at),
        )

    @display(description=_("age"), label={"over": "danger", "fresh": "info"})
    def age(self, row: Any) -> Any:
        if row.state not in STUCK:
            return ""
        return age_of(row.created_at, clock.now())


def age_of(created_at: datetime, now: datetime) -> tuple[str, str]:
    """'over' or 'fresh', and the age in words. Over: older than a business day."""
    return ("over" if now > next_business_close(created_at) else "fresh"), timesince(created_at, now)


@admin.register(Refund)
class RefundAdmin(SendingAdmin):
    list_display = ("reference", "standing", "age", "amount", "reason", "failure_code", "payment", "replaces")
    search_fields = ("reference", "gateway_id", "escrow__reference", "escrow__title")
    list_select_related = ("payment", "replaces")
    readonly_fields = ("approvals",)
    actions_detail = ("approve", "decline", "send_again", "send_by_bank")
    offered: ClassVar = {
        **SendingAdmin.offered,
        "send_again": check_can_retry,
        "send_by_bank": check_can_go_by_bank,
    }

    @action(description=_("Approve"), permissions=["view"])
    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        refund = get_object_or_404(Refund, pk=object_id)
        return self._ask_about(request, refund, _("Approve this refund?"), approve_refund)

    @action(description=_("Refuse"), permissions=["view"])
    def decline(self, request: HttpRequest, object_id: int) -> HttpResponse:
        refund = get_object_or_404(Refund, pk=object_id)
        return self._ask_about(request, refund, _("Stop this refund? It stays due back."), decline_refund)

    @action(description=_("Send a new refund"), permissions=["view"])
    def send_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        refund = get_object_or_404(Refund, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        newer = Refund.objects.filter(replaces=refund).first()
        if newer is not None:
            return self._was_replaced(request, newer)
        return ask_first(
            request,
            question=_("Replace this failed refund by a new one?"),
            subject=f"{refund.reference}: {format_money(refund.amount_minor, refund.currency)}, {refund.failure_code}",
            back=reverse("admin:payments_refund_changelist"),
            run=lambda why: retry_refund(refund_id=refund.pk, why=why, by=by, at=at),
        )

    @action(description=_("Send it by bank transfer"), permissions=["view"])
    def send_by_bank(self, request: HttpRequest, object_id: int) -> HttpResponse:
        refund = get_object_or_404(Refund, pk=object_id)
        newer = Refund.objects.filter(replaces=refund).first()
        if newer is not None:
            return self._was_replaced(request, newer)
        question = _("Send it to the buyer's own verified bank account instead? Two treasurers approve it first.")
        return self._ask_about(request, refund, question, refund_by_bank)

    @staticmethod
    def _was_replaced(request: HttpRequest, newer: Refund) -> HttpResponse:
        words = _("%(reference)s was sent in its place before. Nothing was changed.") % {"reference": newer.reference}
        messages.info(request, words)
        return redirect("admin:payments_refund_change", newer.pk)


@admin.register(Payout)
class PayoutAdmin(SendingAdmin):
    """One that failed is owed again and goes out by itself once an account can be used: nothing is sent by hand.

    A large one waits for two treasurers.
    """

    list_display = ("reference", "standing", "age", "amount", "company", "account", "failure_code", "created_at")
    search_fields = ("reference", "gateway_id", "company__name", "advice")
    list_select_related = ("company", "account")
    readonly_fields = ("approvals",)
    actions_detail = ("approve", "decline")

    @action(description=_("Approve"), permissions=["view"])
    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        payout = get_object_or_404(Payout, pk=object_id)
        return self._ask_about(request, payout, _("Approve this large payout?"), approve_payout)

    @action(description=_("Refuse"), permissions=["view"])
    def decline(self, request: HttpRequest, object_id: int) -> HttpResponse:
        payout = get_object_or_404(Payout, pk=object_id)
        question = _("Stop this large payout? The money is payable again, and the company reads why.")
        return self._ask_about(request, payout, question, decline_payout)


@admin.register(GatewayEvent)
class GatewayEventAdmin(MoneyAdmin):
    list_display = ("gateway", "event_id", "received_at", "processed_at", "attempts", "due_at", "last_error")
    list_filter = (BY_GATEWAY, ("processed_at", admin.EmptyFieldListFilter))
    search_fields = ("=event_id",)
