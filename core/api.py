"""What all doors of the API share: idempotency keys, versions, strict input, money, and how it is described."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import get_attribute
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.actions import carry_out
from core.errors import Invalid, Refused, Stale
from core.idempotency import Answer, once, once_alone
from core.text_rules import check_text

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 100
PAGE, MOST = 25, 100


class KeyMissing(Refused):
    code = "idempotency_key_missing"
    status = 400
    message = _("Send an Idempotency-Key header with every POST: a new one per request, the same one to repeat it.")


class KeyMalformed(Refused):
    code = "idempotency_key_malformed"
    status = 400
    message = _("An Idempotency-Key has 1 to 100 visible ASCII characters, without a space. A UUID is a good one.")


class ApiView(APIView):
    """Base of the API's doors. Each names the shape of its input and answers, from which the schema is made."""

    parser_classes: Sequence[type[BaseParser]] = (JSONParser,)
    tag: ClassVar[str]
    input_serializer: ClassVar[type[serializers.Serializer] | None] = None
    answers: ClassVar[Mapping[str, Mapping[Any, Any]]] = {}
    """HTTP method -> status -> shape."""
    takes_version: ClassVar[bool] = False

    def scope(self) -> str:
        """Whose keys these are: one company's keys never meet another's."""
        raise AssertionError("each door says whose keys it takes")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A POST without a key goes no further."""
        super().initial(request, *args, **kwargs)
        self.key = read_key(request) if request.method == "POST" else ""

    def read_input(self) -> dict[str, Any]:
        """The request's body, in shape. Raises ValidationError."""
        assert self.input_serializer is not None
        form = self.input_serializer(data=self.request.data, context={"view": self})
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def seen_version(self) -> int | None:
        """What If-Match says that the caller saw; None when they didn't say. Raises Stale for what no version is."""
        said = self.request.headers.get("If-Match", "").strip()
        if said in ("", "*"):
            return None
        digits = said.removeprefix("W/").strip('"')
        if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
            raise Stale
        return int(digits)

    def answer_once(self, run: Callable[[], tuple[int, Any]]) -> Response:
        """Carry out `run`, an action's call, once per key; both commit together. Raises Refused."""
        return self._answer(carry_out(once, **self._request_key(), run=run))

    def answer_once_alone(self, run: Callable[[], tuple[int, Any]]) -> Response:
        """The same for what calls the network or commits by itself."""
        return self._answer(once_alone(**self._request_key(), run=run))

    def _request_key(self) -> dict[str, Any]:
        scope = f"{self.scope()} {self.request.method} {self.request.path}"
        return {"scope": scope, "key": self.key, "body": self.request.data}

    def _answer(self, answer: Answer) -> Response:
        response = Response(answer.body, status=answer.status)
        if answer.replayed:
            response["Idempotency-Replayed"] = "true"
        return with_version(response)


def read_key(request: Request) -> str:
    """Raises KeyMissing, KeyMalformed."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        raise KeyMissing
    if not (0 < len(key) <= LONGEST_KEY and all("!" <= sign <= "~" for sign in key)):
        raise KeyMalformed
    return str(key)


def with_version(response: Response) -> Response:
    """An ETag that If-Match can give back, where the answer carries a version."""
    if isinstance(response.data, dict) and isinstance(response.data.get("version"), int):
        response["ETag"] = f'"{response.data["version"]}"'
    return response


def page_size(request: Request) -> int:
    """`limit` of a list: 1 to 100, 25 if it isn't said. Raises Invalid."""
    said = request.query_params.get("limit", str(PAGE))
    if not (said.isascii() and said.isdigit() and len(said) < 4 and 1 <= int(said) <= MOST):
        raise Invalid(fields={"limit": _("Give a whole number from 1 to 100.")})
    return int(said)


def cursor_id(rows: models.QuerySet[Any], request: Request) -> int | None:
    """The row that `cursor` (the reference of the last row seen) names among `rows`. Raises Invalid."""
    said = request.query_params.get("cursor", "")
    if not said:
        return None
    found = rows.filter(reference=said).values_list("pk", flat=True).first()
    if found is None:
        raise Invalid(fields={"cursor": _("Give the next_cursor of the page before.")})
    return int(found)


# --- shapes -----------------------------------------------------------------------------------------------------------
def _is_strange(field: serializers.Field, value: Any) -> bool:
    """Digits of another script, which eyes pass over, or with what only programmers put between them."""
    counted = isinstance(field, serializers.IntegerField | serializers.DateField)
    return counted and isinstance(value, str) and (not value.isascii() or "_" in value)


class StrictSerializer(serializers.Serializer):
    """Input in which a field that doesn't exist is an error: a misspelt one is never passed over in silence.

    Numbers and dates that come as text are written in plain digits, as on the pages.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name)[:100] for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
            strange = [name for name, field in self.fields.items() if _is_strange(field, data.get(name))]
            if strange:
                raise serializers.ValidationError({name: [_("Write it in plain digits.")] for name in strange})
        return super().to_internal_value(data)


class EmptySerializer(StrictSerializer):
    """Nothing to say: an empty object, or no body."""


class MoneySerializer(serializers.Serializer):
    """Minor units (cents; for VND and JPY the unit itself) and an ISO 4217 code, always together."""

    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()


class MoneyInputSerializer(StrictSerializer):
    """Minor units (cents; for VND and JPY the unit itself) and an ISO 4217 code, always together."""

    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()


@extend_schema_field(MoneySerializer)
class MoneyField(serializers.Field):
    """Money of an object that keeps its minor units in `minor` and its currency in `currency`, or in the context."""

    def __init__(self, minor: str, currency: str = "", **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)
        self.minor = minor.split(".")
        self.currency = currency.split(".") if currency else []

    def to_representation(self, value: Any) -> dict[str, Any] | None:
        amount_minor = get_attribute(value, self.minor)
        if amount_minor is None:
            return None
        currency = get_attribute(value, self.currency) if self.currency else self.context["currency"]
        return {"amount_minor": amount_minor, "currency": currency}


class TextField(serializers.CharField):
    """Text without invisible or direction-changing characters, where no action looks at it."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return check_text(text, "text", self.max_length or 2000)
        except Invalid as refusal:
            raise serializers.ValidationError([str(words) for words in refusal.fields.values()]) from refusal


class ProblemSerializer(serializers.Serializer):
    """RFC 9457. `code` is stable and for programs, `title` is for people, `errors` maps a field's path to its words."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    details = serializers.DictField(child=serializers.CharField(), required=False)
    errors = serializers.DictField(child=serializers.CharField(), required=False)  # type: ignore[assignment]
