"""Statement files as programs of staff send and read them."""

from typing import Any

from rest_framework import serializers

from core.api import MoneyField, StrictSerializer
from payments.models import Direction, Outcome, StatementDoor, StatementState


class NewStatementSerializer(StrictSerializer):
    """A statement as the bank gives it: MT940, camt.053 or the platform's CSV."""

    file = serializers.FileField(allow_empty_file=True, max_length=200)


class TallySerializer(serializers.Serializer):
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    lines = serializers.IntegerField()
    amount = MoneyField("amount_minor", "currency")


class StatementFileSerializer(serializers.Serializer):
    """`lines_booked` of `lines` have their outcome. A quarantined file says why, and where it stopped."""

    reference = serializers.CharField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()
    door = serializers.ChoiceField(choices=StatementDoor.choices)
    state = serializers.ChoiceField(choices=StatementState.choices)
    received_at = serializers.DateTimeField()
    booked_at = serializers.DateTimeField(allow_null=True)
    lines = serializers.IntegerField()
    lines_booked = serializers.IntegerField()
    problem_code = serializers.CharField()
    problem_words = serializers.CharField()
    problem_line = serializers.IntegerField()


class StatementResultSerializer(serializers.Serializer):
    file = StatementFileSerializer()
    outcomes = TallySerializer(many=True)


class StatementPageSerializer(serializers.Serializer):
    results = StatementFileSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class StatementLineSerializer(serializers.Serializer):
    """`outcome` and `why` are empty until the line is booked. `at_line`: where it stands in the file, from 1."""

    place = serializers.IntegerField()
    at_line = serializers.IntegerField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    amount = MoneyField("amount_minor", "currency")
    booked_on = serializers.DateField()
    bank_reference = serializers.CharField()
    end_to_end = serializers.CharField()
    remittance = serializers.CharField()
    counterparty_name = serializers.CharField()
    outcome = serializers.SerializerMethodField()
    why = serializers.SerializerMethodField()

    def get_outcome(self, line: Any) -> str:
        return str(line.outcome.outcome) if hasattr(line, "outcome") else ""

    def get_why(self, line: Any) -> str:
        return str(line.outcome.why) if hasattr(line, "outcome") else ""


class StatementLinesSerializer(serializers.Serializer):
    results = StatementLineSerializer(many=True)
    next_cursor = serializers.IntegerField(allow_null=True)
