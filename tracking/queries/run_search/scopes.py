"""Where runs are searched: in which experiments, and deleted runs or others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import F, Q

from accounts.models import Project
from accounts.principals import Principal
from tracking.expressions import Unindexed
from tracking.models import Lifecycle
from tracking.queries.heads import visible_experiments
from tracking.search.lookups import AnyOf


class RunView(StrEnum):
    """Whether deleted runs are wanted, in the words of MLflow's protocol."""

    ACTIVE_ONLY = "ACTIVE_ONLY"
    DELETED_ONLY = "DELETED_ONLY"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Scope:
    """Some experiments of one project, and which of their runs: by lifecycle, or all of them when it is empty."""

    project_id: int
    experiment_lifecycle: Lifecycle
    experiment_ids: tuple[int, ...]
    lifecycle: Lifecycle | None = None

    def q(self, *, indexed: bool = True) -> Q:
        """The condition on runs; without ``indexed``, one that no index answers."""
        where = (
            in_experiments(self.experiment_ids)
            if indexed
            else Q(AnyOf(Unindexed(F("experiment_id")), self.experiment_ids))
        )
        return where & Q(lifecycle_stage=self.lifecycle) if self.lifecycle else where

    def singles(self, *, by_lifecycle: bool) -> Iterator["Scope"]:
        """The same scope as scopes of one experiment each, and of one lifecycle if asked."""
        for experiment in self.experiment_ids:
            for lifecycle in tuple(Lifecycle) if by_lifecycle and not self.lifecycle else (self.lifecycle,):
                yield Scope(self.project_id, self.experiment_lifecycle, (experiment,), lifecycle)


def in_experiments(ids: Sequence[int]) -> Q:
    """The condition on rows that they belong to one of these experiments; an index gives an order within one only."""
    return Q(experiment_id=ids[0]) if len(ids) == 1 else Q(AnyOf(F("experiment_id"), ids))


def find_scopes(principal: Principal, project: Project, experiment_ids: Sequence[str], view: RunView) -> list[Scope]:
    """The experiments among these that the principal may see; none when there are none. One query."""
    return scopes_of(project.pk, visible_experiments(principal, project, experiment_ids), view)


def scopes_of(project_id: int, found: Sequence[tuple[int, Lifecycle]], view: RunView) -> list[Scope]:
    """The scopes of experiments of one project that the asker is known to see."""
    active = tuple(pk for pk, lifecycle in found if lifecycle == Lifecycle.ACTIVE)
    deleted = tuple(pk for pk, lifecycle in found if lifecycle == Lifecycle.DELETED)
    scopes = []
    if view != RunView.DELETED_ONLY:
        scopes.append(
            Scope(project_id, Lifecycle.ACTIVE, active, Lifecycle.ACTIVE if view == RunView.ACTIVE_ONLY else None)
        )
    else:
        scopes.append(Scope(project_id, Lifecycle.ACTIVE, active, Lifecycle.DELETED))
    if view != RunView.ACTIVE_ONLY:
        # Every run of a deleted experiment counts as deleted.
        scopes.append(Scope(project_id, Lifecycle.DELETED, deleted))
    return [scope for scope in scopes if scope.experiment_ids]
