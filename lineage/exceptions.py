"""Refusals of the graph."""

from audit.exceptions import AlreadyExists, InvalidInput, InvalidState, NotFound, PermissionDenied


class NodeNotFound(NotFound):
    """The node is not there, or not for this principal to see: nobody is told which."""

    def __init__(self) -> None:
        super().__init__("There is no such thing in the lineage graph, or you may not see it.")


class RecallNotFound(NotFound):
    """There is no such recall, or neither its node nor anything made of it is theirs to see."""


class RecalledAlready(AlreadyExists):
    """The node is recalled, and nobody has cleared it yet."""


class RecallCleared(InvalidState):
    """The recall was cleared before."""


class MayNotClear(PermissionDenied):
    """Whoever recalled something does not clear it."""


class NotReproducible(InvalidState):
    """Something is missing to make it again; ``details`` holds the list."""


class TooBroad(InvalidInput):
    """The question asks for more than one answer holds."""
