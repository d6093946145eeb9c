"""How the API describes itself: OpenAPI 3.1 from what each door names, with its headers and its problems."""

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from core.api import KEY_HEADER, LONGEST_KEY, ApiView, ProblemSerializer

PROBLEMS = ("default", "application/problem+json")
KEY_WORDS = "A new one per request; the same one repeats the request and gives the stored answer, for 7 days."
MATCH_WORDS = "The version that you saw, as in the ETag. If it is an older one, nothing is done and the answer is 412."


class Schema(AutoSchema):
    """Doors made on `ApiView` describe themselves; others use `extend_schema`."""

    view: Any
    method: str

    def get_operation_id(self) -> str:
        name = type(self.view).__name__.removesuffix("View")
        return f"{re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()}_{self.method.lower()}"

    def get_tags(self) -> list[str]:
        return [self.view.tag] if isinstance(self.view, ApiView) else super().get_tags()

    def get_override_parameters(self) -> Any:
        found = list(getattr(self.view, "query_parameters", ())) if self.method == "GET" else []
        if isinstance(self.view, ApiView) and self.method == "POST":
            key = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
            found.append(OpenApiParameter(KEY_HEADER, key, "header", required=True, description=KEY_WORDS))
        if getattr(self.view, "takes_version", False) and self.method in ("POST", "PATCH"):
            found.append(OpenApiParameter("If-Match", str, "header", description=MATCH_WORDS))
        return found

    def get_request_serializer(self) -> Any:
        if isinstance(self.view, ApiView):
            return self.view.input_serializer
        return super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        if isinstance(self.view, ApiView):
            return {**self.view.answers[self.method], PROBLEMS: ProblemSerializer}
        return super().get_response_serializers()


class BrowserSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "core.api_session.BrowserSession"
    name = "browserSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
