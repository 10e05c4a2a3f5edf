"""Reads the runs of one phase, in order, no further than needed.

An index gives an order only within one experiment and one lifecycle. A search over a few of them is read as so many
*arms*, each in its own order and no longer than needed, which the database merges; one over many is sorted as a whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import OrderBy

from audit.exceptions import InvalidInput
from tracking.models import Run
from tracking.queries.run_search.phases import Phase
from tracking.queries.run_search.picking import Pick
from tracking.queries.run_search.scopes import Scope
from tracking.rows import RunHead

MOST_ARMS: Final = 12

_COLUMNS: Final = (
    "pk",
    "uid",
    "name",
    "status",
    "start_time",
    "end_time",
    "lifecycle_stage",
    "artifact_uri",
    "owner_id",
    "owner__username",
    "experiment_id",
)


@dataclass(frozen=True)
class Reader:
    """Reads the runs in ``scopes`` that match ``filters``, starting from ``pick`` if there is one."""

    scopes: Sequence[Scope]
    filters: Q
    pick: Pick | None

    def read(self, phase: Phase, after: tuple[int, str] | None, skipped: int, wanted: int) -> list[RunHead]:
        """The runs of a phase, at most ``wanted`` after ``skipped`` (or after a start time and id). One query."""
        runs: QuerySet[Run] = Run.objects.filter(phase.narrow, self.filters, _after(phase, after))
        arms = [arm for scope in self.scopes for arm in scope.singles()] if self._can_walk(phase) else []
        if 1 < len(arms) <= MOST_ARMS:
            return self._heads(_merge([_walk(runs, phase, arm) for arm in arms], phase.order, skipped, wanted))
        runs = _walk(runs, phase, arms[0]) if len(arms) == 1 else runs.filter(phase.joined, self._inside())
        rows = runs.order_by(*phase.order).values_list(*_COLUMNS)[skipped : skipped + wanted]
        return self._heads(rows)

    def _can_walk(self, phase: Phase) -> bool:
        return self.pick is None and phase.indexed

    def _inside(self) -> Q:
        """The scopes; where there is a pick, so that no index on experiments distracts from it."""
        inside = Q()
        for scope in self.scopes:
            inside |= scope.q(indexed=self.pick is None)
        return inside & Q(pk__in=self.pick.runs) if self.pick is not None else inside

    def _heads(self, rows: Iterable[tuple[Any, ...]]) -> list[RunHead]:
        where = {experiment: scope for scope in self.scopes for experiment in scope.experiment_ids}
        heads = []
        for row in rows:
            *columns, owner_name, experiment = row
            scope = where[experiment]
            place: tuple[Any, ...] = (owner_name or "", experiment, scope.project_id, scope.experiment_lifecycle)
            heads.append(RunHead(*columns, *place))
        return heads


def _walk(runs: QuerySet[Run], phase: Phase, arm: Scope) -> QuerySet[Run]:
    """The runs of one arm, by the index that gives their order: that of the child rows, or of the runs themselves."""
    if not phase.relation:
        return runs.filter(arm.q())
    in_experiment = Q(**{f"{phase.relation}__experiment_id": arm.experiment_ids[0]})
    return runs.filter(phase.joined & in_experiment).filter(lifecycle_stage=arm.lifecycle)


def _after(phase: Phase, after: tuple[int, str] | None) -> Q:
    """The runs behind a start time and id, in the phase's direction; written so that an index leads there."""
    if after is None:
        return Q()
    if not phase.by_time:
        raise InvalidInput("Invalid page token: it belongs to a search in another order.")
    time, uid = after
    here, beyond = ("lte", "lt") if phase.by_time < 0 else ("gte", "gt")
    return Q(**{f"start_time__{here}": time}) & (Q(**{f"start_time__{beyond}": time}) | Q(uid__gt=uid))


def _merge(
    walks: Sequence[QuerySet[Run]], order: Sequence[OrderBy], skipped: int, wanted: int
) -> list[tuple[Any, ...]]:
    """The first rows of several walks together, each walk read no further than the page could reach."""
    arms: list[str] = []
    params: list[Any] = []
    names = {f"order_{number}": term.expression for number, term in enumerate(order)}
    for number, walk in enumerate(walks):
        rows = walk.order_by(*order).annotate(**names).values_list(*_COLUMNS, *names)[: skipped + wanted]
        sql, values = rows.query.sql_with_params()
        arms.append(f"SELECT * FROM ({sql}) AS arm_{number}")  # noqa: S608  # what came from a client is in params
        params += values
    terms = [_ordinal(place, term) for place, term in enumerate(order, start=len(_COLUMNS) + 1)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"{' UNION ALL '.join(arms)} ORDER BY {', '.join(terms)} LIMIT %s OFFSET %s", [*params, wanted, skipped]
        )
        return [row[: len(_COLUMNS)] for row in cursor.fetchall()]


def _ordinal(place: int, term: OrderBy) -> str:
    return f"{place} {'DESC' if term.descending else 'ASC'}{' NULLS LAST' if term.nulls_last else ''}"
