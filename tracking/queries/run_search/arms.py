"""Reads the runs of one phase, in order, no further than needed.

An index gives an order only within one experiment (and one lifecycle). A search over a few is read as so many *arms*,
each in its own order and no longer than needed, which the database merges; one over many is sorted as a whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from tracking.models import Run
from tracking.queries.run_search.phases import Phase
from tracking.queries.run_search.picking import Pick
from tracking.queries.run_search.places import Place, wrong_token
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


@dataclass(frozen=True, slots=True)
class Found:
    """A run, and the values of the phase's keys that tell its place."""

    head: RunHead
    place: tuple[Any, ...]


@dataclass(frozen=True)
class Reader:
    """Reads the runs in ``scopes`` that match ``filters``, starting from ``pick`` if there is one."""

    scopes: Sequence[Scope]
    filters: Q
    pick: Pick | None

    def read(self, phase: Phase, start: Place, wanted: int) -> list[Found]:
        """The runs of a phase from ``start`` on, at most ``wanted``. One query."""
        runs: QuerySet[Run] = Run.objects.filter(phase.narrow, self.filters)
        arms = self._arms(phase)
        skipped = slice(start.offset, start.offset + wanted)
        rows: Iterable[tuple[Any, ...]]
        if 1 < len(arms) <= MOST_ARMS:
            rows = _merge([_walk(runs, phase, start, arm) for arm in arms], phase, skipped)
        elif len(arms) == 1:
            rows = _in_order(_walk(runs, phase, start, arms[0]), phase)[skipped]
        else:
            rows = _in_order(runs.filter(phase.joined & _after(phase, start), self._inside()), phase)[skipped]
        return self._found(phase, rows)

    def _arms(self, phase: Phase) -> list[Scope]:
        """The scopes as an index divides them: that of runs by lifecycle too, those of their metrics and params not."""
        if self.pick is not None or not phase.indexed:
            return []
        return [arm for scope in self.scopes for arm in scope.singles(by_lifecycle=not phase.relation)]

    def _inside(self) -> Q:
        """The scopes; where there is a pick, so that no index on experiments distracts from it."""
        inside = Q()
        for scope in self.scopes:
            inside |= scope.q(indexed=self.pick is None)
        return inside & Q(pk__in=self.pick.runs) if self.pick is not None else inside

    def _found(self, phase: Phase, rows: Iterable[tuple[Any, ...]]) -> list[Found]:
        where = {experiment: scope for scope in self.scopes for experiment in scope.experiment_ids}
        found = []
        for row in rows:
            *columns, owner_name, experiment = row[: len(_COLUMNS)]
            scope = where[experiment]
            place: tuple[Any, ...] = (owner_name or "", experiment, scope.project_id, scope.experiment_lifecycle)
            keys = row[len(_COLUMNS) : len(_COLUMNS) + len(phase.keys)]
            found.append(Found(RunHead(*columns, *place), keys))
        return found


def _walk(runs: QuerySet[Run], phase: Phase, start: Place, arm: Scope) -> QuerySet[Run]:
    """The runs of one arm, by the index that gives their order: that of the child rows, or of the runs themselves."""
    if not phase.relation:
        return runs.filter(arm.q(), _after(phase, start))
    in_experiment = Q(**{f"{phase.relation}__experiment_id": arm.experiment_ids[0]})
    walk = runs.filter(phase.joined & in_experiment & _after(phase, start))
    return walk.filter(lifecycle_stage=arm.lifecycle) if arm.lifecycle else walk


def _after(phase: Phase, start: Place) -> Q:
    """The runs behind the place of a run; written so that an index leads there."""
    if not start.after:
        return Q()
    if len(start.after) != len(phase.keys):
        raise wrong_token()
    beyond = Q()
    for key, value in reversed(list(zip(phase.keys, start.after, strict=True))):
        there, further = ("lte", "lt") if key.descending else ("gte", "gt")
        ahead = Q(**{f"{key.column}__{further}": value})
        # Ahead by this key; or as far, and then ahead by the following ones.
        beyond = Q(**{f"{key.column}__{there}": value}) & (ahead | beyond) if beyond else ahead
    return beyond


def _in_order(runs: QuerySet[Run], phase: Phase) -> QuerySet[Run, tuple[Any, ...]]:
    return runs.order_by(*phase.order).values_list(*_COLUMNS, *_places(phase))


def _places(phase: Phase) -> list[F]:
    return [F(key.column) for key in phase.keys]


def _merge(walks: Sequence[QuerySet[Run]], phase: Phase, window: slice) -> list[tuple[Any, ...]]:
    """The first rows of several walks together, each walk read no further than the page could reach."""
    arms: list[str] = []
    params: list[Any] = []
    names = {f"order_{number}": term.expression for number, term in enumerate(phase.order)}
    for number, walk in enumerate(walks):
        rows = walk.order_by(*phase.order).annotate(**names).values_list(*_COLUMNS, *_places(phase), *names)
        sql, values = rows[: window.stop].query.sql_with_params()
        arms.append(f"SELECT * FROM ({sql}) AS arm_{number}")  # noqa: S608  # what came from a client is in params
        params += values
    first = len(_COLUMNS) + len(phase.keys) + 1
    terms = [_ordinal(place, term) for place, term in enumerate(phase.order, start=first)]
    page = [window.stop - window.start, window.start]
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION ALL '.join(arms)} ORDER BY {', '.join(terms)} LIMIT %s OFFSET %s", [*params, *page])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _ordinal(place: int, term: OrderBy) -> str:
    return f"{place} {'DESC' if term.descending else 'ASC'}{' NULLS LAST' if term.nulls_last else ''}"
