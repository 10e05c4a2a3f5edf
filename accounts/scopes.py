"""Where an object lies for access control: its project, and the model or experiment it inherits from."""

from dataclasses import dataclass
from typing import Literal, Protocol

ScopeType = Literal["global", "project", "model", "experiment"]


@dataclass(frozen=True, slots=True)
class AccessPath:
    """The scopes whose grants count for an object, and who made it.

    ``inherits`` is False when the model or experiment does not take over its project's grants.
    """

    project_id: int | None = None
    model_id: int | None = None
    experiment_id: int | None = None
    inherits: bool = True
    owner_id: int | None = None


class Scoped(Protocol):
    """An object under access control."""

    def access_path(self) -> AccessPath:
        """Where it lies; must not cause a query."""


#: The whole server: users, projects, global roles.
class _Platform:
    def access_path(self) -> AccessPath:
        return AccessPath()

    def __str__(self) -> str:
        return "this server"


PLATFORM = _Platform()
