"""What the API refuses, in one shape: a status, a stable code and a sentence."""

from dataclasses import dataclass


@dataclass(eq=False)
class Problem(Exception):
    """A refusal that a caller can act on; `param` names the field it is about."""

    status: int
    code: str
    message: str
    param: str | None = None

    def as_dict(self) -> dict[str, object]:
        return {"error": {"code": self.code, "message": self.message, "param": self.param}}


def invalid(param: str, message: str) -> Problem:
    return Problem(400, "invalid_request", message, param)


def not_found(message: str) -> Problem:
    return Problem(404, "not_found", message)
