from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import Product, Severity
from core.api import MoneySerializer


class RequirementSerializer(serializers.Serializer):
    attribute = serializers.CharField()
    target = serializers.CharField()
    tolerance = serializers.CharField()
    unit = serializers.CharField()
    method = serializers.CharField()
    sample_plan = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    remedy = serializers.CharField()


class ProductSerializer(serializers.Serializer):
    """`price` is for `price_basis` units; `min_quantity_thousandths` is in thousandths of the unit."""

    reference = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    category = serializers.CharField()
    specification = serializers.CharField()
    unit = serializers.CharField()
    price = serializers.SerializerMethodField()
    price_basis = serializers.IntegerField()
    min_quantity_thousandths = serializers.IntegerField(source="min_quantity")
    hs_code = serializers.CharField()
    packing = serializers.CharField()
    archived_at = serializers.DateTimeField(allow_null=True)
    requirements = RequirementSerializer(many=True)

    @extend_schema_field(MoneySerializer)
    def get_price(self, product: Product) -> dict[str, Any]:
        return {"amount_minor": product.price_minor, "currency": product.currency}


class ProductPageSerializer(serializers.Serializer):
    """`next_cursor` is null on the last page."""

    results = ProductSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)
