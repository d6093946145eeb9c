"""Payments and payouts for programs."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api_view import CompanyApiView
from companies.policies import check_may
from core.api import cursor_id, page_size
from core.errors import Invalid, Refused
from core.money import digits_of
from payments.account_statements import newest_lines, open_statement, statement_balances
from payments.actions.payout import request_payout
from payments.forms import PeriodForm
from payments.models import Payout
from payments.queries import get_payment_for, get_payout_for, list_payouts, open_payout, payable_by_currency
from payments.sending_words import ASKED_WORDS
from payments.serializers import (
    AccountBalancesSerializer,
    AccountStatementSerializer,
    AskedPayoutSerializer,
    NewPayoutSerializer,
    PaymentSerializer,
    PayoutPageSerializer,
    PayoutSerializer,
)


class NothingPayable(Refused):
    code = "nothing_payable"
    message = _("Nothing is payable to your company in this currency.")


class PaymentView(CompanyApiView):
    tag: ClassVar[str] = "payments"
    answers: ClassVar = {"GET": {200: PaymentSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """One attempt to pay, for the payer and the payee. The list is under the order."""
        payment = get_payment_for(self.company_id, ref)
        return Response(PaymentSerializer(payment, context={"company_id": self.company_id}).data)


class PayoutListView(CompanyApiView):
    tag: ClassVar[str] = "payouts"
    input_serializer = NewPayoutSerializer
    answers: ClassVar = {
        "GET": {200: PayoutPageSerializer},
        "POST": {200: AskedPayoutSerializer, 201: AskedPayoutSerializer, 202: AskedPayoutSerializer},
    }
    query_parameters = (
        OpenApiParameter("cursor", str, description="The next_cursor of the page before."),
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
    )

    def get(self, request: Request) -> Response:
        """What your company is owed, and its payouts, newest first; for those who may see its statements."""
        check_may(self.by, "statements", self.company_id)
        most = page_size(request)
        before_id = cursor_id(Payout.objects.filter(company_id=self.company_id), request)
        rows = list_payouts(self.company_id, before_id=before_id, most=most + 1)
        page = rows[:most]
        shown = {
            "payable": [_money(*owed) for owed in payable_by_currency(self.company_id).items()],
            "results": page,
            "next_cursor": page[-1].reference if len(rows) > most else None,
        }
        return Response(PayoutPageSerializer(shown).data)

    def post(self, request: Request) -> Response:
        """Ask for everything that is payable in a currency. It goes out by itself too, once an account can be used.

        `outcome` says what happens: 201 `requested`; 200 `on_its_way`, as all of it is in a payout already; 202
        `waiting_for_account`, as no account of yours can be used yet.
        """
        currency = self.read_input()["currency"]
        digits_of(currency)

        def run() -> tuple[int, dict[str, Any]]:
            owed = payable_by_currency(self.company_id).get(currency, 0)
            payout = request_payout(company_id=self.company_id, currency=currency, by=self.by, at=self.at)
            if payout is not None:
                return 201, _asked("requested", payout)
            if owed:
                return 202, _asked("waiting_for_account", waiting=_money(currency, owed))
            running = open_payout(self.company_id, currency)
            if running is None:
                raise NothingPayable
            return 200, _asked("on_its_way", running)

        return self.answer_once(run)


def _asked(outcome: str, payout: Payout | None = None, waiting: dict[str, Any] | None = None) -> dict[str, Any]:
    words = {"outcome": outcome, "message": ASKED_WORDS[outcome]}
    return dict(AskedPayoutSerializer({**words, "payout": payout, "waiting": waiting}).data)


class PayoutView(CompanyApiView):
    tag: ClassVar[str] = "payouts"
    answers: ClassVar = {"GET": {200: PayoutSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """One payout of your company, for those who may see its statements."""
        payout = get_payout_for(self.company_id, ref)
        check_may(self.by, "statements", self.company_id)
        return Response(PayoutSerializer(payout).data)


class StatementListView(CompanyApiView):
    tag: ClassVar[str] = "payouts"
    answers: ClassVar = {"GET": {200: AccountBalancesSerializer}}

    def get(self, request: Request) -> Response:
        """The currencies in which your company has a statement of account, each with its present balance."""
        check_may(self.by, "statements", self.company_id)
        owed = [_money(*balance) for balance in statement_balances(self.company_id).items()]
        return Response(AccountBalancesSerializer({"results": owed}).data)


class StatementView(CompanyApiView):
    tag: ClassVar[str] = "payouts"
    answers: ClassVar = {"GET": {200: AccountStatementSerializer}}
    query_parameters = (
        OpenApiParameter("since", {"type": "string", "format": "date"}, description="First day, in your time zone."),
        OpenApiParameter("until", {"type": "string", "format": "date"}, description="Last day, with it."),
        OpenApiParameter("cursor", str, description="The next_cursor of the page before."),
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
    )

    def get(self, request: Request, currency: str) -> Response:
        """The statement of account in a currency: newest line first, with the balance after each."""
        check_may(self.by, "statements", self.company_id)
        form = PeriodForm(request.query_params)
        if not form.is_valid():
            raise Invalid(fields={name: words[0] for name, words in form.errors.items()})
        days = form.cleaned_data
        zone = self.request.company.time_zone  # type: ignore[attr-defined]
        statement = open_statement(self.company_id, currency, since=days["since"], until=days["until"], zone=zone)
        most = page_size(request)
        lines = newest_lines(statement, before=_line_cursor(request), most=most)
        more = bool(lines) and lines[-1].number > statement.first
        shown = {"statement": statement, "results": lines, "next_cursor": str(lines[-1].number) if more else None}
        return Response(AccountStatementSerializer(shown, context={"currency": currency}).data)


def _line_cursor(request: Request) -> int | None:
    """The number of the last line seen. Raises Invalid."""
    said = request.query_params.get("cursor", "")
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 16 and int(said) > 0):
        raise Invalid(fields={"cursor": _("Give the next_cursor of the page before.")})
    return int(said)


def _money(currency: str, amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": currency}
