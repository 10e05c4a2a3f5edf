"""What tracking refuses beyond the general refusals."""

from audit.exceptions import Conflict, InvalidInput, NotFound


class NotActive(InvalidInput):
    """The experiment or run is deleted, so nothing can be added to it."""


class ParamChanged(InvalidInput):
    """A param was logged before with another value; params are written once."""


class NoSuchExperiment(NotFound):
    """There is no such experiment in the project, or the actor may not see it."""


class NoSuchRun(NotFound):
    """There is no such run in the project, or the actor may not see it."""


class NoSuchLoggedModel(NotFound):
    """There is no such logged model in the project, or the actor may not see it."""


class NoSuchSavedView(NotFound):
    """There is no such view, or it is somebody else's and not shared."""


class StillNeeded(Conflict):
    """Something depends on what was to be deleted; ``details["blockers"]`` lists what."""
