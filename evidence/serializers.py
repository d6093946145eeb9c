from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api import StrictSerializer
from evidence.models import Document, DocumentState, Kind, Reason


class BeginSerializer(StrictSerializer):
    """Which file comes. The same words again go on with the same upload."""

    folder = serializers.CharField(max_length=30, help_text="Reference of the folder, for example of an order.")
    kind = serializers.ChoiceField(choices=Kind.choices)
    file_name = serializers.CharField(max_length=500, trim_whitespace=False)
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField(max_length=100)
    content_type = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class DocumentSerializer(serializers.Serializer):
    """`state` is for programs, `state_label` and `reason_words` for people; `download_url` is null until sealed."""

    reference = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    kind_label = serializers.CharField(source="get_kind_display")
    file_name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    content_type = serializers.CharField()
    state = serializers.ChoiceField(choices=DocumentState.choices)
    state_label = serializers.CharField(source="get_state_display")
    reason = serializers.ChoiceField(choices=Reason.choices, allow_blank=True)
    reason_words = serializers.CharField(source="get_reason_display")
    at = serializers.DateTimeField()
    download_url = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.URI)
    def get_download_url(self, document: Document) -> str | None:
        return reverse("api-document-download", args=[document.reference]) if document.is_sealed else None


class PartSerializer(serializers.Serializer):
    """PUT the bytes [offset, offset + size_bytes) of the file to `url`, without any other header."""

    number = serializers.IntegerField()
    offset = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    url = serializers.URLField()


class PartsSerializer(serializers.Serializer):
    arrived = serializers.ListField(child=serializers.IntegerField())
    missing = PartSerializer(many=True)


class DocumentListSerializer(serializers.Serializer):
    results = DocumentSerializer(many=True)
