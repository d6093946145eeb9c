"""Staff's look at all the money: what stands where, charts, from a figure down to its transfers, and what is wrong."""

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import action, display

from companies.admin_offers import OfferingModelAdmin
from companies.models import StaffGroup
from companies.queries import staff_actor_of
from core import clock
from core.actions import lets_pass
from core.admin_ask import ask_first
from core.alarms import live_alarm
from core.models import Heartbeat
from core.money import format_money
from payments.actions.books import SELF_CHECK
from payments.actions.debts import check_can_write_off, write_off_debt
from payments.actions.differences import check_can_take, take_difference
from payments.actions.gateway_lines import check_can_explain, explain_gateway_line
from payments.actions.sending import BOOKS_ALARM
from payments.figures import bookings_of, figures_now, history, suspense_by_age
from payments.models import Account, BookedInto, DebtWord, Difference, DifferenceState, LineExplanation
from payments.nudges import nudge
from payments.queries import balance_minor

BOOKINGS_SHOWN = 50
EXPLAINED_AS: dict[BookedInto, Any] = {
    BookedInto.COSTS: _("the platform's cost"),
    BookedInto.SETTLING: _("money between the gateway and our bank"),
}


class MoneyPages:
    """Pages beside the list of accounts, for the treasurer. Mixed into its admin."""

    actions_list: ClassVar = ("look_at_money",)
    actions_detail: ClassVar = ("look_at_transfers",)
    admin_site: Any

    @action(description=_("All the money"))
    def look_at_money(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:payments_account_money")

    @action(description=_("Transfers"))
    def look_at_transfers(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:payments_account_transfers", object_id)

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("money/", guarded(self.money), name="payments_account_money"),
            path("money/check/", guarded(require_POST(self.check_now)), name="payments_account_check"),
            path("<int:object_id>/write-off/", guarded(self.write_off), name="payments_account_write_off"),
            path("<int:object_id>/transfers/", guarded(self.transfers), name="payments_account_transfers"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def money(self, request: HttpRequest) -> HttpResponse:
        """What stands in each kind of account, per currency; a chart of one currency; what is wrong."""
        self.check_may_look(request)
        figures = figures_now()
        currencies = list(dict.fromkeys(figure.currency for figure in figures))
        chosen = request.GET.get("currency", "")
        currency = chosen if chosen in currencies else next(iter(currencies), "")
        now = clock.now()
        checked_at = Heartbeat.objects.filter(name=SELF_CHECK).values_list("beat_at", flat=True).first()
        context = {
            **admin.site.each_context(request),
            "title": _("All the money"),
            "figures": figures,
            "currencies": currencies,
            "currency": currency,
            "history": history(currency, clock.wall().date()),
            "suspense": suspense_by_age(now),
            "open_differences": Difference.objects.filter(state=DifferenceState.OPEN).count(),
            "books_alarm": live_alarm(BOOKS_ALARM),
            "checked_ago": timesince(checked_at, clock.wall()) if checked_at else "",
        }
        return render(request, "admin/money.html", context)

    def check_now(self, request: HttpRequest) -> HttpResponse:
        """Ask a worker for a full check now; its outcome shows here when it is done."""
        self.check_may_look(request)
        nudge("check_books_nightly")
        messages.success(request, str(_("The check was asked for. Reload the page in a moment to see what it found.")))
        return redirect("admin:payments_account_money")

    def transfers(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The transfers of one account, newest first, each with the account on its other side."""
        self.check_may_look(request)
        account = get_object_or_404(Account, pk=object_id)
        before = request.GET.get("before", "")
        bookings = bookings_of(account, before_id=int(before) if before.isdecimal() else None, most=BOOKINGS_SHOWN)
        context = {
            **admin.site.each_context(request),
            "title": account.code,
            "account": account,
            "balance_minor": balance_minor(account.code),
            "bookings": bookings,
            "words": DebtWord.objects.filter(account=account).select_related("user").order_by("-pk")[:BOOKINGS_SHOWN],
            "may_write_off": lets_pass(check_can_write_off, account, staff_actor_of(request)),
            "older": bookings[-1].transfer.pk if len(bookings) == BOOKINGS_SHOWN else None,
        }
        return render(request, "admin/account_transfers.html", context)

    def write_off(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What a company owes, given up by two treasurers. Of another account the action says no."""
        self.check_may_look(request)
        debt = get_object_or_404(Account.objects.select_related("company"), pk=object_id)
        by, at, seen_minor = staff_actor_of(request), clock.now(), debt.balance_minor or 0
        return ask_first(
            request,
            question=_("Write off what this company owes? Two treasurers must say so. It becomes a loss."),
            subject=f"{debt.company or debt.code}: {format_money(seen_minor, debt.currency)}",
            back=reverse("admin:payments_account_transfers", args=[debt.pk]),
            run=lambda why: write_off_debt(account_id=debt.pk, seen_minor=seen_minor, why=why, by=by, at=at),
        )

    def check_may_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied


class DifferenceAdmin(OfferingModelAdmin):
    """What the self-check found, with age and owner. A case ends by itself when a full check sees it no more."""

    seen_by: ClassVar[tuple[str, ...]] = (StaffGroup.TREASURER,)
    list_display = ("check_name", "words", "standing", "age", "owner", "seen", "note")
    list_filter = ("state",)
    list_select_related = ("owner",)
    search_fields = ("check_name", "words")
    ordering: ClassVar = ("state", "-id")
    actions_detail = ("take", "explain_as_cost", "explain_as_settling")
    offered: ClassVar = {
        "take": check_can_take,
        "explain_as_cost": partial(check_can_explain, into=BookedInto.COSTS),
        "explain_as_settling": partial(check_can_explain, into=BookedInto.SETTLING),
    }
    readonly_fields = ("what_was_said",)

    @display(description=_("state"), label={"OPEN": "danger", "GONE": "success"})
    def standing(self, row: Difference) -> tuple[str, Any]:
        return row.state, _("open") if row.state == DifferenceState.OPEN else _("gone")

    @admin.display(description=_("age"))
    def age(self, row: Difference) -> str:
        return timesince(row.found_at, row.gone_at or clock.now())

    @admin.display(description=_("what treasurers said"))
    def what_was_said(self, row: Difference) -> str:
        """Who would book the line, as what, and why."""
        said = LineExplanation.objects.filter(difference=row).select_related("user").order_by("pk")
        lines = [f"{each.user}: {EXPLAINED_AS[BookedInto(each.booked_into)]}. {each.why}" for each in said]
        return "\n".join(lines) or "–"

    @action(description=_("Take this case, or say more"), permissions=["view"])
    def take(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = get_object_or_404(Difference, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        return ask_first(
            request,
            question=_("Take this case? Say what you found or will do."),
            subject=str(row),
            back=reverse("admin:payments_difference_changelist"),
            run=lambda why: take_difference(difference_id=row.pk, note=why, by=by, at=at),
        )

    @action(description=_("Book it as the platform's cost"), permissions=["view"])
    def explain_as_cost(self, request: HttpRequest, object_id: int) -> HttpResponse:
        question = _("Book this line as a cost or income of the platform? Two treasurers must say so.")
        return self._explain(request, object_id, BookedInto.COSTS, question)

    @action(description=_("Book it as money between the gateway and our bank"), permissions=["view"])
    def explain_as_settling(self, request: HttpRequest, object_id: int) -> HttpResponse:
        question = _("Book this line as money between the gateway and our bank? Two treasurers must say so.")
        return self._explain(request, object_id, BookedInto.SETTLING, question)

    def _explain(self, request: HttpRequest, object_id: int, into: BookedInto, question: Any) -> HttpResponse:
        row = get_object_or_404(Difference, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        return ask_first(
            request,
            question=question,
            subject=str(row),
            back=reverse("admin:payments_difference_changelist"),
            run=lambda why: explain_gateway_line(difference_id=row.pk, into=into, why=why, by=by, at=at),
        )
