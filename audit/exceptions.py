"""Refusals: the product says no, and tells the caller what to do about it."""

from typing import Any, ClassVar


class Refusal(Exception):
    """A request the product will not carry out.

    The message is one sentence that a user can act on. Pages, the REST API and the MLflow protocol
    each translate a refusal once: ``status`` is the HTTP status, ``code`` the ``error_code`` of the
    MLflow protocol, ``details`` are further keys of the JSON answer.
    """

    code: ClassVar[str] = "BAD_REQUEST"
    status: ClassVar[int] = 400
    #: The outcome under which a refused operation enters the audit log; empty: it does not.
    outcome: ClassVar[str] = ""

    def __init__(self, message: str, *, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}
        #: What the operation that refused had done so far; kept by ``audit.operation`` for the log.
        self.attempt: Any = None


class BadRequest(Refusal):
    """The request makes no sense as a whole."""


class InvalidInput(Refusal):
    """A value that was sent cannot be used."""

    code = "INVALID_PARAMETER_VALUE"


class AlreadyExists(Refusal):
    """The name is taken."""

    code = "RESOURCE_ALREADY_EXISTS"


class Unauthenticated(Refusal):
    """Nobody, or nobody we know, is asking."""

    code = "UNAUTHENTICATED"
    status = 401


class PermissionDenied(Refusal):
    """The actor may see the object but not do this to it."""

    code = "PERMISSION_DENIED"
    status = 403
    outcome = "denied"


class NotFound(Refusal):
    """The object is not there, or not for this actor to see."""

    code = "RESOURCE_DOES_NOT_EXIST"
    status = 404


class Hidden(NotFound):
    """The object is there, but the actor may not know; answered exactly like `NotFound`."""

    outcome = "denied"


class InvalidState(Refusal):
    """The object cannot change like this now."""

    code = "INVALID_STATE"
    status = 409
    outcome = "failed"


class Conflict(Refusal):
    """Something else stands in the way: another change, or what depends on the object."""

    code = "RESOURCE_CONFLICT"
    status = 409
    outcome = "failed"


class TooLarge(Refusal):
    """The request is bigger than the server takes."""

    code = "INVALID_PARAMETER_VALUE"
    status = 413


class Throttled(Refusal):
    """Too many attempts; ``retry_after`` says how many seconds to wait."""

    code = "REQUEST_LIMIT_EXCEEDED"
    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(Refusal):
    """A part of the house does not answer; nothing was changed."""

    code = "TEMPORARILY_UNAVAILABLE"
    status = 503
