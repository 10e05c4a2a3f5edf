"""Refusals of the registry: no, and why."""

from audit.exceptions import AlreadyExists, Conflict, InvalidInput, InvalidState, NotFound


class InvalidName(InvalidInput):
    """A name, alias or tag key that the registry does not take."""


class InvalidStage(InvalidInput):
    """A word that is no stage."""


class InvalidSource(InvalidInput):
    """A version cannot be made from this source."""


class InvalidOwner(InvalidInput):
    """Somebody who cannot own the model."""


class NameTaken(AlreadyExists):
    """Another model or prompt of the project has, or had, this name."""


class ModelNotFound(NotFound):
    """No such registered model, or not for this actor to see."""


class VersionNotFound(NotFound):
    """No such model version, or not for this actor to see."""


class AliasNotFound(InvalidInput):
    """The model is there, the alias is not. MLflow's client expects 400 for it."""


class AliasFollowsStage(Conflict):
    """The alias mirrors a stage and cannot be set by hand."""


class AliasIsGoverned(Conflict):
    """The project says for which stages the alias may stand, and the version is in another."""


class StageChangeNotAllowed(InvalidState):
    """The version cannot go to that stage now."""


class StillInUse(Conflict):
    """Something alive depends on the object; ``details["blockers"]`` lists what."""


class PromptIsFixed(InvalidState):
    """What makes a prompt a prompt, and its text, cannot be changed afterwards."""


class NotInTrash(InvalidState):
    """Only what lies in the trash can be restored."""


class CardHasMovedOn(Conflict):
    """Somebody else saved the card since the revision that was to be edited."""


class NumberTaken(AlreadyExists):
    """A version of that number is there, or was."""
