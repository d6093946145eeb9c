"""Staff and the suspense desk: what nobody could match, decided by one treasurer or by two. Every button asks first."""

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from companies.models import Company, StaffGroup
from companies.queries import staff_actor_of
from core import clock
from core.actions import carry_out, lets_pass
from core.actors import Actor
from core.admin_ask import ask_first
from core.admin_base import BY_CURRENCY, ReadOnlyModelAdmin, check_is_id
from core.errors import Refused
from core.form_fields import add_refusal
from core.money import format_money
from payments.actions.desk import (
    check_can_be_settlement,
    check_can_send_back,
    match_item,
    send_back_item,
    take_item_as_ours,
    take_item_as_settlement,
)
from payments.actions.desk_cases import check_can_confirm, check_can_withdraw, check_incoming, withdraw_proposal
from payments.actions.desk_of_two import (
    check_can_send_to,
    confirm_proposal,
    send_item_to,
    take_item_as_repayment,
    take_item_as_transfer,
)
from payments.actions.desk_recalls import take_credit_back, take_item_as_recall
from payments.bank_forms import CreditorForm, MatchForm
from payments.bank_queries import (
    Facts,
    about_proposal,
    candidates_for,
    debts_for,
    ended_transfers_for,
    facts_of_proposal,
    failed_refund_of,
    payments_of_lines,
    proposals_of,
    settlements_for,
    transfers_for,
)
from payments.models import (
    BankOrder,
    DeskProposal,
    Payment,
    SuspenseItem,
    SuspenseState,
)
from payments.pain001 import Party
from payments.recall_queries import about_credit, credits_for, facts_of_recall, recalls_for
from payments.timing import next_business_close

ITEM_COLOURS = {
    "OPEN": "warning",
    "MATCHED": "success",
    "SENT_BACK": "info",
    "OURS": "info",
    "SETTLEMENT": "success",
    "TRANSFER": "success",
    "REPAYMENT": "success",
    "TAKEN_BACK": "danger",
}
PROPOSED = _("Proposed. Another treasurer must confirm it.")


def _what_came_of_it(result: Any) -> Any:
    proposed = isinstance(result, SuspenseItem) and result.state == SuspenseState.OPEN
    return PROPOSED if proposed else _("Done.")


def _what_may_be_said(item: SuspenseItem, standing: DeskProposal | None, by: Actor) -> dict[str, bool]:
    """The buttons of a case: a first word about an open one, or a second to what was proposed."""
    if standing is not None:
        return {
            "confirm": lets_pass(check_can_confirm, standing, by),
            "withdraw": lets_pass(check_can_withdraw, standing, by),
        }
    if item.state != SuspenseState.OPEN:
        return {}
    return {
        "send_back": lets_pass(check_can_send_back, item, by, at=clock.now()),
        "send_to": lets_pass(check_can_send_to, item, by),
        "settlement": lets_pass(check_can_be_settlement, item, by),
    }


class SuspenseItemAdmin(ReadOnlyModelAdmin):
    """The desk: what nobody could match, the oldest first. Over a business day stands out."""

    seen_by: ClassVar[tuple[str, ...]] = (StaffGroup.TREASURER,)
    list_display = ("reference", "standing", "age", "direction", "amount", "payer", "text", "suggestion", "reason")
    list_filter = ("state", "direction", BY_CURRENCY)
    search_fields = ("=reference", "line__counterparty_name", "line__remittance")
    list_select_related = ("line",)
    ordering: ClassVar = (Case(When(state=SuspenseState.OPEN, then=0), default=1), "id")

    @display(description=_("state"), label=ITEM_COLOURS)
    def standing(self, item: SuspenseItem) -> tuple[str, Any]:
        return item.state, item.get_state_display()

    @display(description=_("age"), label={"over": "danger", "fresh": "info"})
    def age(self, item: SuspenseItem) -> Any:
        if item.state != SuspenseState.OPEN:
            return ""
        now = clock.now()
        return ("over" if now > next_business_close(item.created_at) else "fresh"), timesince(item.created_at, now)

    @admin.display(description=_("amount"))
    def amount(self, item: SuspenseItem) -> str:
        return format_money(item.amount_minor, item.currency)

    @admin.display(description=_("payer"))
    def payer(self, item: SuspenseItem) -> str:
        return item.line.counterparty_name

    @admin.display(description=_("text"))
    def text(self, item: SuspenseItem) -> str:
        return item.line.remittance[:80]

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "payments_suspenseitem"
        return [
            path("<int:object_id>/send-back/", wrap(self.send_back), name=f"{name}_send_back"),
            path("<int:object_id>/send-to/", wrap(self.send_to), name=f"{name}_send_to"),
            path("<int:object_id>/ours/", wrap(self.take_as_ours), name=f"{name}_ours"),
            path("<int:object_id>/settlement/", wrap(self.take_as_settlement), name=f"{name}_settlement"),
            path(
                "<int:object_id>/settlement/<int:charge_minor>/",
                wrap(self.take_as_settlement),
                name=f"{name}_settlement_less",
            ),
            path("<int:object_id>/transfer/<int:order_id>/", wrap(self.take_as_transfer), name=f"{name}_transfer"),
            path("<int:object_id>/debt/<int:company_id>/", wrap(self.take_as_repayment), name=f"{name}_debt"),
            path("<int:object_id>/recall/<int:payment_id>/", wrap(self.take_as_recall), name=f"{name}_recall"),
            path("<int:object_id>/credit/<int:credit_id>/", wrap(self.take_credit_back), name=f"{name}_credit"),
            path("<int:object_id>/confirm/<int:proposal_id>/", wrap(self.confirm), name=f"{name}_confirm"),
            path("<int:object_id>/withdraw/<int:proposal_id>/", wrap(self.withdraw), name=f"{name}_withdraw"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One case, with the payments that it may be for; the first POST shows the decision, the second makes it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        check_is_id(object_id)
        item = get_object_or_404(SuspenseItem.objects.select_related("line__file", "payment__escrow"), pk=object_id)
        find = request.GET.get("find", "")[:100]
        is_open, proposals = item.state == SuspenseState.OPEN, proposals_of(item)
        standing = next((each for each in proposals if each.proposal.ended_at is None), None)
        may_choose = is_open and standing is None
        candidates = candidates_for(item, find=find) if may_choose else []
        form = MatchForm(request.POST or None, item=item, candidates=candidates)
        checked = ""
        if request.method == "POST" and form.is_valid():
            checked = form.fingerprint()
            if request.POST.get("checked") == checked and self._match(request, item, form):
                return redirect(self._after(item))
        context = {
            **self.admin_site.each_context(request),
            "title": format_money(item.amount_minor, item.currency),
            "item": item,
            "is_open": may_choose,
            "standing": standing,
            "is_mine": standing is not None and standing.proposal.proposed_by_id == request.user.pk,
            "proposals": proposals,
            "transfers": transfers_for(item, find=find) if may_choose else [],
            "ended": ended_transfers_for(item),
            "settlements": settlements_for(item) if may_choose else [],
            "debts": debts_for(item) if may_choose else [],
            "recalls": recalls_for(item, find=find) if may_choose else [],
            "credits": credits_for(item) if may_choose else [],
            "needs_two": bool(item.approvals_needed),
            "failed": failed_refund_of(item) if standing is None else None,
            "came_in": lets_pass(check_incoming, item),
            "may": _what_may_be_said(item, standing.proposal if standing else None, staff_actor_of(request)),
            "form": form,
            "find": find,
            "checked": checked,
            "chosen": form.chosen() if checked else [],
            "allocations": payments_of_lines([item.line]).get(item.line_id, []),
            "back": reverse("admin:payments_suspenseitem_changelist"),
        }
        return render(request, "admin/suspense_item.html", context, status=422 if form.errors else 200)

    def _match(self, request: HttpRequest, item: SuspenseItem, form: MatchForm) -> bool:
        """False when it was refused, with the reason in the form."""
        by, shares, why = staff_actor_of(request), form.cleaned_data["shares"], form.cleaned_data["why"]
        try:
            decided = carry_out(match_item, item_id=item.pk, shares=shares, why=why, by=by, at=clock.now())
        except Refused as refusal:
            add_refusal(form, refusal)
            return False
        is_matched = decided.state == SuspenseState.MATCHED
        messages.success(request, str(_("Matched. The money is booked in a moment.") if is_matched else PROPOSED))
        return True

    @staticmethod
    def _after(item: SuspenseItem) -> str:
        """Back to the desk; to the case itself where others must look at it, too."""
        if item.approvals_needed:
            return reverse("admin:payments_suspenseitem_change", args=[item.pk])
        return reverse("admin:payments_suspenseitem_changelist")

    def send_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        question = _("Send this money back to the account it came from?")
        return self._ask(request, object_id, question, send_back_item)

    def send_to(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """An account that the payer gave; another treasurer confirms it."""
        self._check_treasurer(request)
        item = get_object_or_404(SuspenseItem.objects.select_related("line"), pk=object_id)
        form = CreditorForm(request.POST or None, initial={"name": item.line.counterparty_name[:70]})
        back = reverse("admin:payments_suspenseitem_change", args=[item.pk])
        if request.method == "POST" and form.is_valid():
            said, by = dict(form.cleaned_data), staff_actor_of(request)
            why = said.pop("why")
            try:
                carry_out(send_item_to, item_id=item.pk, creditor=Party(**said), why=why, by=by, at=clock.now())
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, str(PROPOSED))
                return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "form": form,
            "subject": format_money(item.amount_minor, item.currency),
            "back": back,
        }
        return render(request, "admin/send_item_to.html", context, status=422 if form.errors else 200)

    def take_as_ours(self, request: HttpRequest, object_id: int) -> HttpResponse:
        question = _(
            "Is this the platform's own: a charge or a credit of the bank's? Confirmed by another, it is a cost."
        )
        return self._ask(request, object_id, question, take_item_as_ours)

    def take_as_settlement(self, request: HttpRequest, object_id: int, charge_minor: int = 0) -> HttpResponse:
        question = _("Is this what a card gateway paid out to the platform's bank account?")
        if charge_minor:
            question = _("Is this what a card gateway paid out, less what a bank kept? The difference is a cost.")
        return self._ask(request, object_id, question, partial(take_item_as_settlement, charge_minor=charge_minor))

    def take_as_transfer(self, request: HttpRequest, object_id: int, order_id: int) -> HttpResponse:
        self._check_treasurer(request)
        order = get_object_or_404(BankOrder, pk=order_id)
        name = f"{order.end_to_end}, {format_money(order.amount_minor, order.currency)}, {order.creditor_name}"
        question = _("Is this our transfer %(name)s? The difference is booked as a charge of the bank.")
        decide = partial(take_item_as_transfer, order_id=order_id)
        return self._ask(request, object_id, question % {"name": name}, decide)

    def take_as_repayment(self, request: HttpRequest, object_id: int, company_id: int) -> HttpResponse:
        self._check_treasurer(request)
        company = get_object_or_404(Company, pk=company_id)
        question = _("Did %(name)s pay this for what it owes the platform?") % {"name": company.name}
        return self._ask(request, object_id, question, partial(take_item_as_repayment, company_id=company_id))

    def take_as_recall(self, request: HttpRequest, object_id: int, payment_id: int) -> HttpResponse:
        self._check_treasurer(request)
        payment = get_object_or_404(Payment.objects.select_related("escrow__payer"), pk=payment_id)
        question = _("Did the bank take back this wire of %(name)s?") % {"name": payment.escrow.title}
        decide = partial(take_item_as_recall, payment_id=payment_id)
        return self._ask(request, object_id, question, decide, facts=facts_of_recall(payment))

    def take_credit_back(self, request: HttpRequest, object_id: int, credit_id: int) -> HttpResponse:
        self._check_treasurer(request)
        credit = get_object_or_404(SuspenseItem.objects.select_related("line"), pk=credit_id)
        question = _("Did the bank take back the money that lies here undecided: %(name)s? Then both cases end.")
        decide = partial(take_credit_back, credit_id=credit_id)
        return self._ask(request, object_id, question % {"name": about_credit(credit)}, decide)

    def confirm(self, request: HttpRequest, object_id: int, proposal_id: int) -> HttpResponse:
        said = self._proposal(request, object_id, proposal_id)
        decision = "; ".join([str(said.get_decision_display()), *about_proposal(said, said.item.currency)])
        words = {"decision": decision, "name": said.proposed_by.full_name, "why": said.why}
        question = _("Do you confirm “%(decision)s”, as %(name)s proposed: %(why)s?") % words
        decide = partial(confirm_proposal, proposal_id=proposal_id)
        return self._ask_about(request, said.item, question, decide, facts=facts_of_proposal(said))

    def withdraw(self, request: HttpRequest, object_id: int, proposal_id: int) -> HttpResponse:
        said = self._proposal(request, object_id, proposal_id)
        question = _("Withdraw what was proposed? Then the case is open again.")
        return self._ask_about(request, said.item, question, partial(withdraw_proposal, proposal_id=proposal_id))

    def _check_treasurer(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _proposal(self, request: HttpRequest, object_id: int, proposal_id: int) -> DeskProposal:
        self._check_treasurer(request)
        rows = DeskProposal.objects.select_related("item__line", "proposed_by")
        return get_object_or_404(rows, pk=proposal_id, item_id=object_id)

    def _ask(
        self, request: HttpRequest, object_id: int, question: Any, decide: Any, *, facts: Facts = ()
    ) -> HttpResponse:
        self._check_treasurer(request)
        item = get_object_or_404(SuspenseItem.objects.select_related("line"), pk=object_id)
        return self._ask_about(request, item, question, partial(decide, item_id=item.pk), facts=facts)

    def _ask_about(
        self, request: HttpRequest, item: SuspenseItem, question: Any, decide: Any, *, facts: Facts = ()
    ) -> HttpResponse:
        by, at = staff_actor_of(request), clock.now()
        amount, line = format_money(item.amount_minor, item.currency), item.line
        return ask_first(
            request,
            question=question,
            subject=f"{amount}, {line.counterparty_name} {line.counterparty_account}: {line.remittance}",
            back=reverse("admin:payments_suspenseitem_change", args=[item.pk]),
            run=lambda why: decide(why=why, by=by, at=at),
            facts=facts,
            done=_what_came_of_it,
        )
