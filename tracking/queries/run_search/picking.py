"""Looks for a comparison that few runs match, so that a search can start from those."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.lookups import Exact

from tracking.expressions import INDEXED_CHARACTERS, ValueStart
from tracking.models import Lifecycle, Run, RunInput
from tracking.queries.run_search.scopes import Scope, in_experiments
from tracking.search.entities import Condition, Keyed, Related, Type
from tracking.search.lookups import AnyOf
from tracking.search.specs import RUNS
from tracking.search.syntax import Operator

#: So many runs are sorted at once without anybody noticing; counting stops there.
FEW: Final = 500

_RUN_ID: Final = RUNS.attributes["run_id"]
_INDEXED_ATTRIBUTES: Final = frozenset({"name", "status"})
_RANGES: Final = frozenset({Operator.EQ, Operator.LT, Operator.LE, Operator.GT, Operator.GE})


@dataclass(frozen=True, slots=True)
class Pick:
    """The runs that one comparison matches (or that are deleted), as a subquery, and how many there are."""

    condition: Condition | None
    runs: QuerySet[Any, Any]
    count: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing can match."""
        return self.count == 0


def choose_pick(conditions: Sequence[Condition], scopes: Sequence[Scope]) -> Pick | None:
    """The comparison that matches fewest runs, unless all of them match many. At most one query."""
    for condition in conditions:
        if condition.searchable is _RUN_ID and condition.operator in (Operator.EQ, Operator.IN):
            return Pick(condition, Run.objects.filter(condition.q()).values("pk"), FEW)
    experiments = [pk for scope in scopes for pk in scope.experiment_ids]
    found = [(condition, _matching(condition, experiments)) for condition in conditions]
    candidates: list[tuple[Condition | None, QuerySet[Any, Any]]] = [(c, runs) for c, runs in found if runs is not None]
    if any(scope.lifecycle == Lifecycle.DELETED for scope in scopes):
        # Few runs are ever deleted, so that walking all others to find them would be long.
        candidates.append((None, Run.objects.filter(reduce(or_, (scope.q() for scope in scopes))).values("pk")))
    if not candidates:
        return None
    counts = _count([runs for _, runs in candidates])
    picks = [Pick(*candidate, count) for candidate, count in zip(candidates, counts, strict=True)]
    fewest = min(picks, key=lambda pick: pick.count)
    return fewest if fewest.count <= FEW else None


def _matching(condition: Condition, experiments: list[int]) -> QuerySet[Any, Any] | None:
    """The runs of these experiments that match, as far as an index leads to them; None when none does."""
    searchable, operator = condition.searchable, condition.operator
    inside = in_experiments(experiments)
    if isinstance(searchable, Keyed):
        values = _matching_values(searchable, condition)
        if values is None:
            return None
        rows = searchable.rows_of(condition.key).filter(inside, values).values("run_id")
        # In the order of the index, so that PostgreSQL stops counting early instead of collecting all matches first.
        return rows.order_by("run_id") if operator is Operator.EQ and searchable.type is Type.TEXT else rows
    if operator is not Operator.EQ:
        return None
    if isinstance(searchable, Related):
        inside = Q(AnyOf(F("dataset__experiment_id"), experiments))
        by_name = RunInput.objects.filter(inside, dataset__name=condition.value)
        return by_name.values("run_id") if condition.key == "name" else None
    if condition.key in _INDEXED_ATTRIBUTES:
        return Run.objects.filter(inside & condition.q()).values("pk")
    return None


def _matching_values(searchable: Keyed, condition: Condition) -> Q | None:
    """The condition on a child row's value that an index answers; None when none does."""
    operator, value = condition.operator, condition.value
    if operator is Operator.IS_NOT_NULL:
        return Q()
    if searchable is RUNS.families["metric"]:
        return searchable.match(operator, value) if operator in _RANGES else None
    if operator is Operator.EQ and isinstance(value, str):
        start = Q(Exact(ValueStart("value"), value[:INDEXED_CHARACTERS]))
        # Not as an equation: SQLite would put the constant into the expression, and then find no index for it.
        return start if len(value) < INDEXED_CHARACTERS else start & Q(value__gte=value, value__lte=value)
    return None


def _count(candidates: Sequence[QuerySet[Any, Any]]) -> tuple[int, ...]:
    """How many rows each has, counted no further than just beyond `FEW`; one query."""
    counts: list[str] = []
    params: list[Any] = []
    for number, rows in enumerate(candidates):
        sql, values = rows[: FEW + 1].query.sql_with_params()
        # What came from a client is in the params.
        counts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted_{number})")  # noqa: S608
        params += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", params)
        row: tuple[int, ...] = cursor.fetchone()
    return row
