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
class Key:
    """One of the columns that together tell where in a phase a run stands."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """Some of the runs, and their order.

    ``relation`` leads to the child row that orders them, and ``joined`` is the condition on it; both are empty when a
    column of their own orders them, or what they lack. ``keys`` are the columns of the order, when a page can begin
    right after a run because no other term has a say; otherwise a page begins after so many runs.
    """

    order: tuple[OrderBy, ...]
    relation: str = ""
    joined: Q = field(default_factory=Q)
    narrow: Q = field(default_factory=Q)
    keys: tuple[Key, ...] = ()
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
        return Phases(tuple(_keyed_phases(first, orders[1:], own)), others)
    by_time = not orders or orders[0].searchable is _START_TIME
    keys = _time_keys(orders) if by_time and len(orders) <= 1 else ()
    return Phases((Phase(tuple(_tail(orders)), keys=keys, indexed=by_time),), tuple(conditions))


def _keyed_phases(first: Order, rest: Sequence[Order], own: Sequence[Condition]) -> list[Phase]:
    searchable, tail = first.searchable, tuple(_tail(rest))
    assert isinstance(searchable, Keyed)
    time_keys = () if rest else _time_keys(())
    relation = _RELATIONS[searchable.word]
    operators = {condition.operator for condition in own}
    with_key = Q(**{f"{relation}__key": first.key})
    phases = []
    if Operator.IS_NULL not in operators:
        values = with_key & _compared(relation, own)
        order = (*_value_order(relation, first), *tail)
        if searchable is _METRIC:
            keys = (Key(f"{relation}__value", first.descending), *time_keys) if time_keys else ()
            phases.append(Phase(order, relation, values & Q(latest_metrics__is_nan__in=(False,)), keys=keys))
            if operators <= {Operator.NE}:
                phases.append(Phase(tail, relation, with_key & Q(latest_metrics__is_nan=True), keys=time_keys))
        else:
            phases.append(Phase(order, relation, values))
    if operators <= {Operator.IS_NULL}:
        without = ~Exists(searchable.rows_of(first.key).filter(run=OuterRef("pk")))
        phases.append(Phase(tail, narrow=Q(without), keys=time_keys))
    return phases


def _time_keys(orders: Sequence[Order]) -> tuple[Key, ...]:
    return Key("start_time", orders[0].descending if orders else True), Key("uid")


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
