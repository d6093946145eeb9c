"""Staff and charge-backs: what was taken back, how old it is, and what was sent to the bank about it."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from companies.admin_offers import OfferingModelAdmin
from companies.models import StaffGroup
from companies.queries import staff_actor_of
from core import clock
from core.admin_ask import WordsForm, ask_first
from core.admin_base import BY_CURRENCY
from core.money import format_money
from payments.actions.evidence import ask_for_evidence, check_can_ask_for_evidence
from payments.charged_back import is_recall
from payments.models import Chargeback, ChargebackState
from payments.timing import next_business_close

STATE_COLOURS = {"OPEN": "warning", "WON": "success", "LOST": "danger"}
EVIDENCE_WORDS: dict[str, Any] = {
    "sent": _("sent"),
    "refused": _("refused"),
    "on its way": _("on its way"),
    "waits": _("waits"),
    "none": _("none is taken of a wire"),
}


class ChargebackAdmin(OfferingModelAdmin):
    """The bank decides; here it is watched, and the evidence is sent earlier or with words of ours."""

    seen_by: ClassVar[tuple[str, ...]] = (StaffGroup.TREASURER,)
    list_display = (
        "reference",
        "standing",
        "age",
        "amount",
        "frozen",
        "evidence",
        "due",
        "reason",
        "escrow",
        "payment",
    )
    list_filter = ("state", "bearer", BY_CURRENCY)
    search_fields = ("=reference", "=gateway_dispute_id", "payment__reference", "escrow__title")
    list_select_related = ("escrow", "payment")
    ordering: ClassVar = ("-id",)
    readonly_fields = ("packet",)
    actions_detail = ("send_evidence",)
    offered: ClassVar = {"send_evidence": check_can_ask_for_evidence}

    @display(description=_("state"), label=STATE_COLOURS)
    def standing(self, row: Chargeback) -> tuple[str, str]:
        return row.state, row.state

    @display(description=_("age"), label={"over": "danger", "fresh": "info"})
    def age(self, row: Chargeback) -> Any:
        """Over: open, past a business day, and no evidence sent."""
        if row.state != ChargebackState.OPEN:
            return ""
        now = clock.now()
        is_over = row.evidence_sent_at is None and now > next_business_close(row.opened_at)
        return ("over" if is_over else "fresh"), timesince(row.opened_at, now)

    @display(description=_("amount"))
    def amount(self, row: Chargeback) -> str:
        return format_money(row.amount_minor, row.currency)

    @display(description=_("frozen"))
    def frozen(self, row: Chargeback) -> str:
        return format_money(row.frozen_minor if row.state == ChargebackState.OPEN else 0, row.currency)

    @display(
        description=_("evidence"),
        label={"sent": "success", "refused": "danger", "on its way": "info", "waits": "warning", "none": "info"},
    )
    def evidence(self, row: Chargeback) -> tuple[str, Any]:
        word = evidence_state(row)
        return word, EVIDENCE_WORDS[word]

    @display(description=_("evidence due"))
    def due(self, row: Chargeback) -> Any:
        return row.evidence_due_at or "–"

    @display(description=_("what was sent"))
    def packet(self, row: Chargeback) -> str:
        """The words, each file with its hash, and the hash of it all."""
        if not row.evidence_sha256:
            return "–"
        files = [f"{file['name']}: {file['size']} B, SHA-256 {file['sha256']}" for file in row.evidence_files]
        return "\n".join([f"SHA-256 {row.evidence_sha256}", *files, "", row.evidence_text])

    @action(description=_("Send the evidence now"), permissions=["view"])
    def send_evidence(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = get_object_or_404(Chargeback, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        return ask_first(
            request,
            question=_("Send the packet of evidence to the bank now? The bank takes one packet only."),
            subject=f"{row.reference}: {format_money(row.amount_minor, row.currency)}, {row.reason}",
            back=reverse("admin:payments_chargeback_change", args=[row.pk]),
            run=lambda words: ask_for_evidence(chargeback_id=row.pk, words=words, by=by, at=at),
            form_class=WordsForm,
        )


def evidence_state(row: Chargeback) -> str:
    """One of the keys of EVIDENCE_WORDS."""
    if is_recall(row):
        return "none"
    if row.evidence_sent_at is not None:
        return "sent"
    if row.evidence_refusal:
        return "refused"
    return "on its way" if row.evidence_wanted_at is not None else "waits"
