"""Refusals of the artifact store."""

from audit.exceptions import BadRequest, Conflict, InvalidInput, InvalidState, NotFound, Refusal, Unavailable


class LengthRequired(Refusal):
    """The body does not say how long it is, and nothing else would show that a part of it is missing."""

    code = "BAD_REQUEST"
    status = 411


class IncompleteUpload(BadRequest):
    """The body ended early, or is not the one that was announced."""


class RangeNotSatisfiable(Refusal):
    """The file ends before the part that was asked for. ``size`` is what there is."""

    code = "INVALID_PARAMETER_VALUE"
    status = 416

    def __init__(self, message: str, *, size: int) -> None:
        super().__init__(message)
        self.size = size


class NoSuchFile(NotFound):
    """There is no file at that path."""


class IsFolder(InvalidInput):
    """There is a folder at that path, and a file was asked for."""


class Frozen(InvalidState):
    """What lies there may never change again."""


class StillNeeded(Conflict):
    """Something depends on what was to be deleted."""


class UploadLost(Conflict):
    """The upload was given up meanwhile."""


class NotHashedYet(InvalidState):
    """A file came past this server and has not been read yet, so nobody knows its digest."""


class Damaged(InvalidState):
    """The bytes of a file are not those that its row describes."""


class BytesMissing(Unavailable):
    """The row is there and its bytes are not."""


class NotOffered(Refusal):
    """This store cannot be reached by clients directly."""

    code = "NOT_IMPLEMENTED"
    status = 501


def not_offered(what: str) -> NotOffered:
    """The refusal of what only some stores offer.

    MLflow's client recognises the beginning of the sentence, and sends the file through the server instead.
    """
    return NotOffered(f"{what} is not supported for the current artifact repository: files pass through the server.")
