"""Staff and the transfers that leave by the bank: files made, downloaded and handed over; rejections said by two."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from companies.admin_offers import OfferingModelAdmin
from companies.models import StaffGroup
from companies.queries import staff_actor_of
from core import clock
from core.actions import carry_out
from core.admin_ask import ask_first
from core.admin_base import BY_CURRENCY, ReadOnlyTabularInline
from core.errors import Refused
from core.money import format_money
from payments.actions.bank_orders import (
    check_can_download,
    check_can_hand_over,
    check_can_reject_batch,
    check_can_reject_order,
    hand_over_batch,
    make_batches,
    note_downloaded,
    reject_batch,
    reject_order,
)
from payments.bank_queries import waiting_transfers
from payments.models import BankBatch, BankOrder, BankRejection, BatchState

BATCH_COLOURS = {"MADE": "warning", "DOWNLOADED": "warning", "HANDED_OVER": "success", "REJECTED": "danger"}
ORDER_COLOURS = {
    "WAITING": "warning",
    "BATCHED": "info",
    "CONFIRMED": "success",
    "REJECTED": "danger",
    "RETURNED": "danger",
    "CANCELLED": "info",
}


def _sum_words(currency: str, count: int, total_minor: int) -> str:
    words = ngettext("%(count)s transfer, %(amount)s", "%(count)s transfers, %(amount)s together", count)
    return words % {"count": count, "amount": format_money(total_minor, currency)}


def _made_words(made: Sequence[BankBatch]) -> Any:
    if made:
        return ngettext("%(count)s file was made.", "%(count)s files were made.", len(made)) % {"count": len(made)}
    return _("No file was made: the account of what waited may not be used any more. Its money is payable again.")


class BankTransferAdmin(OfferingModelAdmin):
    seen_by: ClassVar[tuple[str, ...]] = (StaffGroup.TREASURER,)
    ordering: ClassVar = ("-id",)
    list_filter: ClassVar = ("state", BY_CURRENCY)


class BankBatchAdmin(BankTransferAdmin):
    """A file for the bank. Make, download, give to the bank, and say so."""

    list_display = ("message_id", "standing", "orders", "total", "created_by", "created_at", "handed_over_at")
    search_fields = ("=message_id", "=reference")
    list_select_related = ("created_by",)
    readonly_fields = ("total",)
    exclude = ("file", "total_minor")
    actions_list = ("make",)
    actions_detail = ("download", "hand_over", "reject")
    offered: ClassVar = {
        "download": check_can_download,
        "hand_over": check_can_hand_over,
        "reject": check_can_reject_batch,
    }

    @display(description=_("state"), label=BATCH_COLOURS)
    def standing(self, batch: BankBatch) -> tuple[str, Any]:
        return batch.state, batch.get_state_display()

    @admin.display(description=_("total"))
    def total(self, batch: BankBatch) -> str:
        return format_money(batch.total_minor, batch.currency)

    @action(description=_("Make files of what waits"), permissions=["view"])
    def make(self, request: HttpRequest) -> HttpResponse:
        """One file per currency."""
        by, at = staff_actor_of(request), clock.now()
        waiting = waiting_transfers()
        subject = "; ".join(_sum_words(*row) for row in waiting)
        return ask_first(
            request,
            question=_("Make the files for the bank, one for each currency?"),
            subject=subject or _("Nothing waits."),
            back=reverse("admin:payments_bankbatch_changelist"),
            run=lambda _why: make_batches(by=by, at=at),
            done=_made_words,
        )

    @action(description=_("Download the file"), permissions=["view"])
    def download(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The same file each time; who took it first is kept."""
        batch = get_object_or_404(BankBatch, pk=object_id)
        try:
            batch = carry_out(note_downloaded, batch_id=batch.pk, by=staff_actor_of(request), at=clock.now())
        except Refused as refusal:
            messages.error(request, str(refusal.words))
            return redirect("admin:payments_bankbatch_change", batch.pk)
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        answer = HttpResponse((head + batch.file).encode(), content_type="application/xml")
        answer["Content-Disposition"] = f'attachment; filename="{batch.message_id}.xml"'
        return answer

    @action(description=_("It was handed to the bank"), permissions=["view"])
    def hand_over(self, request: HttpRequest, object_id: int) -> HttpResponse:
        batch = get_object_or_404(BankBatch, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        if batch.state == BatchState.HANDED_OVER:
            messages.info(request, str(_("It was handed to the bank before. Nothing was changed.")))
            return redirect("admin:payments_bankbatch_change", batch.pk)
        return ask_first(
            request,
            question=_("Did the bank take this file?"),
            subject=f"{batch.message_id}: {_sum_words(batch.currency, batch.orders, batch.total_minor)}",
            back=reverse("admin:payments_bankbatch_change", args=[batch.pk]),
            run=lambda why: hand_over_batch(batch_id=batch.pk, why=why, by=by, at=at),
        )

    @action(description=_("The bank did not take it"), permissions=["view"])
    def reject(self, request: HttpRequest, object_id: int) -> HttpResponse:
        batch = get_object_or_404(BankBatch, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        return ask_first(
            request,
            question=_("Did the bank take nothing of this file, or never get it? Two people must say so."),
            subject=f"{batch.message_id}: {_sum_words(batch.currency, batch.orders, batch.total_minor)}",
            back=reverse("admin:payments_bankbatch_change", args=[batch.pk]),
            run=lambda why: reject_batch(batch_id=batch.pk, why=why, by=by, at=at),
        )


class RejectionInline(ReadOnlyTabularInline):
    model = BankRejection
    fields = ("user", "why", "at")


class BankOrderAdmin(BankTransferAdmin):
    """One transfer. A statement confirms it or brings it back; that the bank rejected it two people say."""

    list_display = ("end_to_end", "standing", "amount", "creditor_name", "batch", "created_at", "failure_code")
    search_fields = ("=end_to_end", "=reference", "creditor_name")
    list_select_related = ("batch",)
    inlines = (RejectionInline,)
    actions_detail = ("reject",)
    offered: ClassVar = {"reject": check_can_reject_order}

    @display(description=_("state"), label=ORDER_COLOURS)
    def standing(self, order: BankOrder) -> tuple[str, Any]:
        return order.state, order.get_state_display()

    @admin.display(description=_("amount"))
    def amount(self, order: BankOrder) -> str:
        return format_money(order.amount_minor, order.currency)

    @action(description=_("The bank rejected it"), permissions=["view"])
    def reject(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(BankOrder, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        return ask_first(
            request,
            question=_("Did the bank say that it does not carry this transfer out? Two people must say so."),
            subject=f"{order.end_to_end}: {format_money(order.amount_minor, order.currency)}, {order.creditor_name}",
            back=reverse("admin:payments_bankorder_change", args=[order.pk]),
            run=lambda why: reject_order(order_id=order.pk, why=why, by=by, at=at),
        )
