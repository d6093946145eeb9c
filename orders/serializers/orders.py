"""An order as programs read it."""

from rest_framework import serializers

from core.api import MoneyField
from orders.cancellation_terms import Cause
from orders.models import OrderState, ShipmentState
from orders.process import Stage
from orders.serializers.steps import (
    DeliverySerializer,
    LineShownSerializer,
    PartiesSerializer,
    PaymentTermsSerializer,
    TotalsSerializer,
    TradeTermSerializer,
)
from payments.serializers import EscrowMoneySerializer, PaymentSerializer

SIDES = [("seller", "seller"), ("buyer", "buyer")]
STAGE_STATES = [("open", "open"), ("counts", "counts"), ("challenged", "challenged")]
WHO = [*SIDES, ("platform", "platform")]


class CompanySerializer(serializers.Serializer):
    reference = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField()
    time_zone = serializers.CharField()


class OrderBriefSerializer(serializers.Serializer):
    """`state` is for programs, `state_label` for people. `total` is null in a draft that isn't yours."""

    reference = serializers.CharField()
    number = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=OrderState.choices)
    state_label = serializers.CharField()
    side = serializers.ChoiceField(choices=SIDES)
    seller = CompanySerializer()
    buyer = CompanySerializer(allow_null=True)
    total = MoneyField("total_minor", "currency", allow_null=True)
    created_at = serializers.DateTimeField()


class OrderPageSerializer(serializers.Serializer):
    """`next_cursor` is null on the last page."""

    results = OrderBriefSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class DocumentRefSerializer(serializers.Serializer):
    reference = serializers.CharField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField()


class StageSerializer(serializers.Serializer):
    """`state`: open (can be challenged), counts, or challenged."""

    stage_number = serializers.IntegerField()
    stage = serializers.ChoiceField(choices=Stage.choices)
    state = serializers.ChoiceField(choices=STAGE_STATES)
    note = serializers.CharField()
    challenge = serializers.CharField()
    reported_at = serializers.DateTimeField()
    counted_at = serializers.DateTimeField(allow_null=True)
    challenged_at = serializers.DateTimeField(allow_null=True)
    documents = DocumentRefSerializer(many=True)


class ShipmentSerializer(serializers.Serializer):
    state = serializers.ChoiceField(choices=ShipmentState.choices)
    carrier = serializers.CharField()
    transport_number = serializers.CharField()
    container = serializers.CharField()
    seal = serializers.CharField()
    dispatched_on = serializers.DateField(allow_null=True)
    eta = serializers.DateField(allow_null=True)
    shipped_at = serializers.DateTimeField(allow_null=True)
    arrival_assumed_at = serializers.DateTimeField(allow_null=True)
    arrived_at = serializers.DateTimeField(allow_null=True)
    arrival_told_by = serializers.CharField()
    accepted_at = serializers.DateTimeField(allow_null=True)


class CancellationSerializer(serializers.Serializer):
    """`earned` is what the seller keeps; null until the money is divided.

    `settle_at`: when that is, once the seller's time to prove and the buyer's to challenge reported stages are over.
    """

    side = serializers.CharField()
    cause = serializers.ChoiceField(choices=Cause.choices)
    reason = serializers.CharField()
    at = serializers.DateTimeField()
    settle_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    earned = MoneyField("earned_minor", allow_null=True)


class MeaningSerializer(serializers.Serializer):
    """`may_rise`: the seller has until `prove_until` to prove a later stage, and keeps more then.

    `settle_at`: when the money is divided, by the stages that count then; null where it moves at once.
    `seller_may_keep`: what the seller keeps once the stages count that are reported and unchallenged now.
    """

    cause = serializers.ChoiceField(choices=Cause.choices)
    held = MoneyField("held_minor")
    seller_keeps = MoneyField("seller_keeps_minor")
    seller_may_keep = MoneyField("seller_may_keep_minor")
    buyer_gets = MoneyField("buyer_gets_minor")
    share_basis_points = serializers.IntegerField()
    may_rise = serializers.BooleanField()
    prove_until = serializers.DateTimeField(allow_null=True)
    settle_at = serializers.DateTimeField(allow_null=True)


class OrderSerializer(OrderBriefSerializer):
    """The steps of a draft, and what depends on them, are null for the buyer while the seller changes the offer.

    `may` names the verbs that you can try now; `documents_needed` the roles of papers that shipping must show.
    """

    buyer_email = serializers.CharField()
    folder = serializers.CharField(help_text="Where the order's documents are uploaded to.")
    may = serializers.ListField(child=serializers.CharField())
    parties = PartiesSerializer(allow_null=True)
    lines = LineShownSerializer(many=True, allow_null=True)
    delivery = DeliverySerializer(allow_null=True)
    trade_term = TradeTermSerializer(allow_null=True)
    payment = PaymentTermsSerializer(allow_null=True)
    totals = TotalsSerializer(allow_null=True)
    documents_needed = serializers.ListField(child=serializers.CharField())
    money = EscrowMoneySerializer(allow_null=True)
    stages = StageSerializer(many=True)
    shipment = ShipmentSerializer(allow_null=True)
    cancellation = CancellationSerializer(allow_null=True)
    offered_at = serializers.DateTimeField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)
    production_at = serializers.DateTimeField(allow_null=True)
    ship_due_at = serializers.DateTimeField(allow_null=True)
    ready_at = serializers.DateTimeField(allow_null=True)
    carriage_booked_at = serializers.DateTimeField(allow_null=True)
    carriage_note = serializers.CharField()
    shipped_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    inspection_extended_at = serializers.DateTimeField(allow_null=True)
    wire_declared_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField()


class HappeningSerializer(serializers.Serializer):
    """One line of the story. For a reported stage, `state` is the stage; `amount` where money moved.

    Of `money_divided` it is what the seller keeps.
    """

    at = serializers.DateTimeField()
    verb = serializers.CharField()
    side = serializers.ChoiceField(choices=WHO)
    state = serializers.CharField()
    note = serializers.CharField()
    amount = MoneyField("amount_minor", "currency", allow_null=True)


class TimelineSerializer(serializers.Serializer):
    results = HappeningSerializer(many=True)


class DeadlineSerializer(serializers.Serializer):
    """`who` must act by `due_at`; `silence` says what happens if nobody does. While paused it does not run."""

    kind = serializers.CharField()
    who = serializers.ChoiceField(choices=WHO)
    due_at = serializers.DateTimeField()
    paused_at = serializers.DateTimeField(allow_null=True)
    silence = serializers.CharField()


class DeadlinesSerializer(serializers.Serializer):
    results = DeadlineSerializer(many=True)


class SignatureSerializer(serializers.Serializer):
    side = serializers.ChoiceField(choices=SIDES)
    name = serializers.CharField(source="identity.full_name")
    company = serializers.CharField(source="identity.company_name")
    sha256 = serializers.CharField()
    at = serializers.DateTimeField()


class TermsSerializer(serializers.Serializer):
    """What was offered last. `sha256` is of the canonical JSON of `body`: keys sorted, no blanks, UTF-8."""

    number = serializers.IntegerField()
    sha256 = serializers.CharField()
    made_at = serializers.DateTimeField()
    body = serializers.DictField()
    signatures = SignatureSerializer(many=True)


class OrderPaymentsSerializer(serializers.Serializer):
    """Every attempt to pay, newest first."""

    results = PaymentSerializer(many=True)
