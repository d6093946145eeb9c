"""What the API refuses, in Stripe's shape: a status, a type, a code, a sentence and the parameter it is about."""

from dataclasses import dataclass


@dataclass(eq=False)
class Refusal(Exception):
    """`kept`: whether the idempotency key keeps this answer, as it does once the call was begun in earnest."""

    status: int
    type: str
    code: str
    message: str
    param: str = ""
    kept: bool = True

    def as_dict(self) -> dict[str, object]:
        words = {"type": self.type, "code": self.code, "message": self.message, "param": self.param}
        return {"error": {name: value for name, value in words.items() if value}}


def refused(code: str, message: str, param: str = "") -> Refusal:
    """The call makes sense, and can't be done in the present state."""
    return Refusal(400, "invalid_request_error", code, message, param)


def malformed(code: str, message: str, param: str = "") -> Refusal:
    """The parameters themselves are wrong: nothing was begun, and the key stays free."""
    return Refusal(400, "invalid_request_error", code, message, param, kept=False)


def missing(noun: str, object_id: str) -> Refusal:
    return Refusal(404, "invalid_request_error", "resource_missing", f"No such {noun}: '{object_id}'", "id")


def broken(message: str) -> Refusal:
    return Refusal(500, "api_error", "", message)
