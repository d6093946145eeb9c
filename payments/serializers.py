"""Money as programs read it. What only the payer may use is left out for the payee."""

from typing import Any

from rest_framework import serializers

from core.api import MoneyField, MoneySerializer, StrictSerializer
from payments.models import DueOn, EscrowState, Method, Payment, PaymentState, SendState, TransferKind
from payments.sending_words import ASKED_WORDS

INSTALMENT_STATES = [(word, word) for word in ("NOT_DUE", "DUE", "PENDING", "SHORT", "SECURED", "LOST")]


class InstalmentSerializer(serializers.Serializer):
    """`asked` is the amount with what the instalment before came short of; `missing` is still to come."""

    sequence = serializers.IntegerField()
    due_on = serializers.ChoiceField(choices=DueOn.choices)
    state = serializers.ChoiceField(choices=INSTALMENT_STATES)
    amount = MoneyField("amount_minor")
    asked = MoneyField("asked_minor")
    received = MoneyField("received_minor")
    missing = MoneyField("missing_minor")
    due_at = serializers.DateTimeField(allow_null=True)
    secured_at = serializers.DateTimeField(allow_null=True)


class RefundSerializer(serializers.Serializer):
    """Money back to the buyer. FAILED and RETURNED: still owed, and the platform's staff see to it."""

    reference = serializers.CharField()
    state = serializers.ChoiceField(choices=SendState.choices)
    amount = MoneyField("amount_minor", "currency")
    waits_for_second_check = serializers.BooleanField(source="waits_for_approval")
    created_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


class EscrowMoneySerializer(serializers.Serializer):
    """The money of one order. held + released + what goes back is what came in."""

    reference = serializers.CharField(source="escrow.reference")
    state = serializers.ChoiceField(source="escrow.state", choices=EscrowState.choices)
    total = MoneyField("total_minor")
    due = MoneyField("due_minor")
    held = MoneyField("held_minor")
    frozen = MoneyField("frozen_minor")
    released = MoneyField("released_minor")
    fee = MoneyField("fee_minor")
    refund_due = MoneyField("refund_due_minor")
    refunded = MoneyField("refunded_minor")
    paid_out = MoneyField("paid_out_minor")
    instalments = InstalmentSerializer(many=True)
    refunds = RefundSerializer(many=True)


class PaymentSerializer(serializers.Serializer):
    """One attempt. For the payer: `checkout_url` is where a card is paid, `bank_details` is where a wire goes to."""

    reference = serializers.CharField()
    instalment = serializers.IntegerField(source="instalment.sequence")
    method = serializers.ChoiceField(choices=Method.choices)
    state = serializers.ChoiceField(choices=PaymentState.choices)
    amount = MoneyField("amount_minor", "escrow.currency")
    received = MoneyField("received_minor", "escrow.currency")
    checkout_url = serializers.CharField(allow_blank=True)
    bank_details = serializers.DictField(child=serializers.CharField())
    failure_code = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    pending_at = serializers.DateTimeField(allow_null=True)
    secured_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    declared_on = serializers.DateField(allow_null=True)

    def to_representation(self, instance: Payment) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if self.context.get("company_id") != instance.escrow.payer_id:
            shown |= {"checkout_url": "", "bank_details": {}}
        return shown


class PayoutSerializer(serializers.Serializer):
    """UNKNOWN: the bank is checking; nothing is sent twice. `advice` names what was paid.

    `waits_for_second_check`: a large one, which two of our staff approve before it leaves; `declined_why` is theirs.
    """

    reference = serializers.CharField()
    state = serializers.ChoiceField(choices=SendState.choices)
    amount = MoneyField("amount_minor", "currency")
    account = serializers.CharField(source="account.reference")
    failure_code = serializers.CharField(allow_blank=True)
    waits_for_second_check = serializers.BooleanField(source="waits_for_approval")
    declined_why = serializers.CharField(allow_blank=True)
    advice = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


class PayoutPageSerializer(serializers.Serializer):
    """`payable`: what you are owed and no payout has taken yet. `next_cursor` is null on the last page."""

    payable = MoneySerializer(many=True)
    results = PayoutSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class NewPayoutSerializer(StrictSerializer):
    currency = serializers.CharField()


class AskedPayoutSerializer(serializers.Serializer):
    """`outcome`: 'requested'; 'on_its_way', all that you are owed is in a payout already; 'waiting_for_account', none
    of yours can be used yet, and it is sent by itself as soon as one can: `waiting` is how much, and `payout` null.

    `message` says the same to people.
    """

    outcome = serializers.ChoiceField(choices=[(word, word) for word in ASKED_WORDS])
    message = serializers.CharField()
    payout = PayoutSerializer(allow_null=True)
    waiting = MoneySerializer(allow_null=True)


class AccountLineSerializer(serializers.Serializer):
    """One change of what you are owed. `gross` and `fee` are those of a release: change = gross - fee."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=TransferKind.choices)
    order = serializers.CharField(allow_blank=True)
    own_ref = serializers.CharField(allow_blank=True)
    reference = serializers.CharField(allow_blank=True)
    gross = MoneyField("gross_minor", allow_null=True)
    fee = MoneyField("fee_minor", allow_null=True)
    change = MoneyField("change_minor")
    balance = MoneyField("balance_minor")


class AccountStatementSerializer(serializers.Serializer):
    """`opening` is the balance before the first line of the period, `closing` after the last one."""

    since = serializers.DateField(source="statement.since", allow_null=True)
    until = serializers.DateField(source="statement.until", allow_null=True)
    opening = MoneyField("statement.opening_minor")
    closing = MoneyField("statement.closing_minor")
    lines = serializers.IntegerField(source="statement.count")
    results = AccountLineSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class AccountBalancesSerializer(serializers.Serializer):
    """What is owed now, by currency."""

    results = MoneySerializer(many=True)
