"""The steps of a draft as programs write and read them. What is right or wrong is the actions' to say."""

from typing import Any

from rest_framework import serializers

from catalog.models import Severity
from core.api import MoneyField, MoneyInputSerializer, StrictSerializer
from orders.methods import METHOD_CHOICES
from payments.models import DueOn

FINDING_SEVERITIES = [("stop", "stop"), ("warn", "warn")]


class Text(serializers.CharField):
    """A text that may be left out or empty; its limit is the action's."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, "trim_whitespace": False} | kwargs)


class PartiesSerializer(StrictSerializer):
    buyer_email = Text(help_text="The offer goes to this address.")
    buyer_company_name = Text()
    seller_ref = Text(help_text="The seller's own reference number.")
    buyer_ref = Text(help_text="The buyer's own reference number.")
    language = serializers.CharField(required=False, help_text="Of the contract: en, zh-hans or vi.")
    governing_law = Text()


class LineRequirementSerializer(StrictSerializer):
    """Something that can be tested. A claim cites a row."""

    attribute = serializers.CharField(trim_whitespace=False)
    target = Text()
    tolerance = Text()
    unit = Text()
    test_method = Text()
    sample_plan = Text()
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    remedy = Text()


class LineSerializer(StrictSerializer):
    """`quantity_thousandths` of `unit`; `unit_price` is for `price_basis` units (1, 100 or 1,000)."""

    name = serializers.CharField(trim_whitespace=False)
    product = Text(help_text="Reference of a product of your catalogue, if the line comes from it.")
    quantity_thousandths = serializers.IntegerField()
    unit = serializers.CharField(trim_whitespace=False)
    unit_price = MoneyInputSerializer()
    price_basis = serializers.IntegerField(required=False)
    specification = Text()
    size = Text()
    tolerance = Text()
    packing = Text()
    sample_number = Text()
    requirements = LineRequirementSerializer(many=True, required=False)


class DeliverySerializer(StrictSerializer):
    """'date': the goods leave by `ship_date`; 'days': within `ship_days` after the first payment is held."""

    delivery_basis = serializers.ChoiceField(choices=[("date", "date"), ("days", "days")], required=False)
    ship_date = serializers.DateField(required=False, allow_null=True)
    ship_days = serializers.IntegerField(required=False, allow_null=True)
    price_valid_until = serializers.DateField(required=False, allow_null=True)


class TradeTermSerializer(StrictSerializer):
    incoterm = Text()
    named_place = Text()
    transport_mode = Text()
    freight_note = Text()
    consignee = Text()
    documents_promised = serializers.ListField(child=serializers.CharField(), required=False)
    inspection_booked_by = serializers.CharField(required=False)
    inspection_paid_by = serializers.CharField(required=False)
    inspection_passes = Text()
    inspection_days = serializers.IntegerField(required=False)


class InstalmentPlanSerializer(StrictSerializer):
    """A share of the price in basis points (3000 is 30 %), due on confirmation or on readiness."""

    basis_points = serializers.IntegerField()
    due_on = serializers.ChoiceField(choices=DueOn.choices)


class PaymentTermsSerializer(StrictSerializer):
    currency = serializers.CharField(required=False)
    methods = serializers.ListField(child=serializers.ChoiceField(choices=METHOD_CHOICES), required=False)
    bank_charges = serializers.ChoiceField(
        choices=[("payer", "payer"), ("payee", "payee"), ("shared", "shared")], required=False
    )
    instalments = InstalmentPlanSerializer(many=True, required=False)


class DraftStepsSerializer(StrictSerializer):
    """Any of the steps. Within a step, what is not named stays as it is; a list that is named is replaced whole."""

    parties = PartiesSerializer(required=False)
    lines = LineSerializer(many=True, required=False)
    delivery = DeliverySerializer(required=False)
    trade_term = TradeTermSerializer(required=False)
    payment = PaymentTermsSerializer(required=False)


class NewOrderSerializer(StrictSerializer):
    products = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="References of products of your catalogue."
    )


class LineShownSerializer(serializers.Serializer):
    """`quantity_thousandths` of `unit`; `unit_price` is for `price_basis` units (1, 100 or 1,000)."""

    name = serializers.CharField()
    product = serializers.CharField(source="product_ref", allow_null=True)
    quantity_thousandths = serializers.IntegerField()
    unit = serializers.CharField()
    unit_price = MoneyField("unit_price_minor")
    price_basis = serializers.IntegerField()
    amount = MoneyField("amount_minor")
    specification = serializers.CharField()
    size = serializers.CharField()
    tolerance = serializers.CharField()
    packing = serializers.CharField()
    sample_number = serializers.CharField()
    requirements = LineRequirementSerializer(many=True)


class TotalsSerializer(serializers.Serializer):
    """What the buyer pays in all, and what the seller gets after the fee."""

    total = MoneyField("total_minor")
    buyer_pays = MoneyField("buyer_pays_minor")
    seller_fee = MoneyField("seller_fee_minor")
    seller_gets = MoneyField("seller_gets_minor")


class FindingSerializer(serializers.Serializer):
    """`severity` 'stop' prevents the sending, 'warn' doesn't; `step` 1 to 6 and `field` say where."""

    step = serializers.IntegerField()
    field = serializers.CharField()
    severity = serializers.ChoiceField(choices=FINDING_SEVERITIES)
    message = serializers.CharField()
    explanation = serializers.CharField()


class LintSerializer(serializers.Serializer):
    """An order with no 'stop' can be sent."""

    can_be_sent = serializers.BooleanField()
    totals = TotalsSerializer()
    findings = FindingSerializer(many=True)
