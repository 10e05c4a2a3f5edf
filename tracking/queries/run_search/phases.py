"""Cuts an order into phases that an index can be walked in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.expressions import OrderBy

from tracking.expressions import ValueStart
from tracking.search.entities import Condition, Keyed, Order, compare
from tracking.search.specs import RUNS
from tracking.search.syntax import Operator

_START_TIME: Final = RUNS.attributes["start_time"]
_METRIC: Final = RUNS.families["metric"]
#: How a run leads to its metrics, params and tags.
_RELATIONS: Final = {"metric": "latest_metrics", "param": "params", "tag": "tags"}


@dataclass(frozen=True, slots=True)
class Phase:
    """Some of the runs, and their order.

    ``relation`` leads to the child row that orders them, and ``joined`` is the condition on it; both are empty when a
    column of their own orders them, or what they lack. ``by_time`` is 1 or -1 when the start time alone orders them,
    upwards or downwards.
    """

    order: tuple[OrderBy, ...]
    relation: str = ""
    joined: Q = field(default_factory=Q)
    narrow: Q = field(default_factory=Q)
    by_time: int = 0
    #: Whether an index gives this order.
    indexed: bool = True


@dataclass(frozen=True, slots=True)
class Phases:
    """The phases of an order, and the comparisons that are not yet part of them."""

    phases: tuple[Phase, ...]
    filters: tuple[Condition, ...]


def phases_of(orders: Sequence[Order], conditions: Sequence[Condition]) -> Phases:
    """Plan an order; comparisons of what orders first become part of the phases."""
    if orders and isinstance(orders[0].searchable, Keyed):
        first = orders[0]
        own = tuple(c for c in conditions if c.searchable is first.searchable and c.key == first.key)
        others = tuple(c for c in conditions if c not in own)
        return Phases(tuple(_keyed_phases(first, _tail(orders[1:]), own)), others)
    by_time = not orders or orders[0].searchable is _START_TIME
    descending = orders[0].descending if orders else True
    alone = by_time and len(orders) <= 1
    phase = Phase(order=tuple(_tail(orders)), by_time=(-1 if descending else 1) if alone else 0, indexed=by_time)
    return Phases((phase,), tuple(conditions))


def _keyed_phases(first: Order, tail: list[OrderBy], own: Sequence[Condition]) -> list[Phase]:
    searchable = first.searchable
    assert isinstance(searchable, Keyed)
    relation = _RELATIONS[searchable.word]
    operators = {condition.operator for condition in own}
    with_key = Q(**{f"{relation}__key": first.key})
    phases = []
    if Operator.IS_NULL not in operators:
        values = with_key & _compared(relation, own)
        order = (*_value_order(relation, first), *tail)
        if searchable is _METRIC:
            phases.append(Phase(order, relation, values & Q(latest_metrics__is_nan=False)))
            if operators <= {Operator.NE}:
                phases.append(Phase(tuple(tail), relation, with_key & Q(latest_metrics__is_nan=True)))
        else:
            phases.append(Phase(order, relation, values))
    if operators <= {Operator.IS_NULL}:
        without = ~Exists(searchable.rows_of(first.key).filter(run=OuterRef("pk")))
        phases.append(Phase(tuple(tail), narrow=Q(without)))
    return phases


def _compared(relation: str, own: Sequence[Condition]) -> Q:
    together = Q()
    for condition in own:
        if condition.operator is not Operator.IS_NOT_NULL:
            together &= compare(f"{relation}__value", condition.operator, condition.value)
    return together


def _value_order(relation: str, order: Order) -> list[OrderBy]:
    value: Any = F(f"{relation}__value")
    # An index holds the beginning of a text; the rest only breaks ties.
    terms = [value] if order.searchable is _METRIC else [ValueStart(value), value]
    return [term.desc() if order.descending else term.asc() for term in terms]


def _tail(orders: Sequence[Order]) -> list[OrderBy]:
    """All terms as expressions, then what always breaks ties: start time, newest first, and id."""
    terms: list[OrderBy] = []
    for order in orders:
        if order.searchable is _METRIC:
            rows = _METRIC.rows_of(order.key).filter(run=OuterRef("pk"))
            terms.append(Subquery(rows.values("is_nan")[:1]).asc(nulls_last=True))
        terms.append(order.expression())
    if all(order.searchable is not _START_TIME for order in orders):
        terms.append(F("start_time").desc())
    return [*terms, F("uid").asc()]
