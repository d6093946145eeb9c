"""What each verb of an order is told."""

from rest_framework import serializers

from core.api import MoneyInputSerializer, StrictSerializer, TextField
from orders.cancellation_terms import Cause
from orders.methods import METHOD_CHOICES
from orders.process import Stage
from orders.serializers.steps import Text


class References(serializers.ListField):
    """References of sealed documents in the order's folder."""

    child = serializers.CharField(max_length=40)


class ChangesSerializer(StrictSerializer):
    """A comment per field of the terms, for example `{"payment.instalments": "20 % please"}`."""

    comments = serializers.DictField(child=serializers.CharField(allow_blank=True, trim_whitespace=False))


class ReasonSerializer(StrictSerializer):
    reason = serializers.CharField(allow_blank=True, trim_whitespace=False)


class ConfirmSerializer(StrictSerializer):
    """The SHA-256 of the terms that were read: they are what is signed."""

    terms_sha256 = serializers.CharField()


class PaySerializer(StrictSerializer):
    method = serializers.ChoiceField(choices=METHOD_CHOICES)
    instead_of = serializers.CharField(
        max_length=30,
        required=False,
        default="",
        allow_blank=True,
        help_text="Reference of the open wire that another method replaces: if it was sent, it goes back on arrival.",
    )


class DeclareWireSerializer(StrictSerializer):
    sent_on = serializers.DateField()
    amount = MoneyInputSerializer()
    bank_reference = TextField(max_length=140, help_text="Your bank's reference, from the slip.")
    document = serializers.CharField(
        max_length=30, required=False, default="", allow_blank=True, help_text="The slip, in the order's folder."
    )


class ProgressSerializer(StrictSerializer):
    stage = serializers.ChoiceField(choices=Stage.choices)
    documents = References()
    note = Text(default="")


class StageNumberSerializer(StrictSerializer):
    """`stage_number`: the place of the report in the order's `stages`, from 1."""

    stage_number = serializers.IntegerField(min_value=1, max_value=1000)


class ChallengeSerializer(StageNumberSerializer):
    reason = serializers.CharField(allow_blank=True, trim_whitespace=False)


class ReadySerializer(StrictSerializer):
    packed = References(help_text="Proof of the packed goods.")
    packing_list = References()


class CarriageSerializer(StrictSerializer):
    note = serializers.CharField(
        allow_blank=True, trim_whitespace=False, help_text="Carrier, booking number, and when it collects."
    )


class ShipSerializer(StrictSerializer):
    """`documents` maps each role that the order's `documents_needed` names to references of sealed documents."""

    carrier = serializers.CharField(allow_blank=True, trim_whitespace=False)
    transport_number = serializers.CharField(allow_blank=True, trim_whitespace=False)
    dispatched_on = serializers.DateField()
    eta = serializers.DateField()
    container = Text(default="")
    seal = Text(default="")
    documents = serializers.DictField(child=References())


class ArrivalSerializer(StrictSerializer):
    """`proof` is needed from the seller, not from the buyer."""

    proof = References(required=False, default=list)


class NotArrivedSerializer(StrictSerializer):
    """`new_eta`: the carrier's. Not needed to contest an arrival that the seller alone reported."""

    new_eta = serializers.DateField(required=False, allow_null=True, default=None)


class SeenSerializer(StrictSerializer):
    """What you were shown; if it is another now, the order isn't cancelled and the answer is 412."""

    cause = serializers.ChoiceField(choices=Cause.choices)
    seller_keeps = MoneyInputSerializer()


class CancelSerializer(StrictSerializer):
    reason = Text(default="")
    seen = SeenSerializer(required=False, allow_null=True, default=None)
