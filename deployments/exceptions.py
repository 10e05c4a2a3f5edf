"""Refusals of deployments: no, and why."""

from audit.exceptions import AlreadyExists, Conflict, InvalidInput, InvalidState, NotFound, Unavailable


class InvalidDeployment(InvalidInput):
    """A value of an environment, a deployment or a sighting that cannot be used."""


class EnvironmentNotFound(NotFound):
    """No such environment, or not for this actor to see."""


class EnvironmentExists(AlreadyExists):
    """The name is taken in this project."""


class DeploymentNotFound(NotFound):
    """No such deployment or alert, or not for this actor to see."""


class NotDeployable(InvalidState):
    """The version may not run there now; ``details["reason"]`` is a word for scripts."""


class WrongOrder(Conflict):
    """A deployment cannot come into that state from the one it is in."""


class NotRollable(InvalidState):
    """There is nothing to go back to, or it is not what it was."""


class CannotSign(Unavailable):
    """The key by which permits are signed cannot be opened."""
