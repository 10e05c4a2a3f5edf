"""What can be searched: an `EntitySpec` says which names an entity has, of which type, and what may be asked of them.

A spec turns a filter into a condition on the entity's queryset (`EntitySpec.q`) and an order into expressions
(`EntitySpec.order_by`). What is asked of child rows (metrics, params, tags) becomes an EXISTS, so a condition never
multiplies rows.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from django.db.models import Exists, ExpressionWrapper, F, FloatField, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Expression, OrderBy

from audit.exceptions import InvalidInput
from tracking.search.syntax import (
    Comparison,
    Identifier,
    Operator,
    OrderTerm,
    Value,
    parse_filter,
    parse_order,
    wrong_at,
)

_O = Operator
EQUALITY: Final = frozenset({_O.EQ, _O.NE})
TEXT: Final = EQUALITY | {_O.LIKE, _O.ILIKE}
LISTS: Final = frozenset({_O.IN, _O.NOT_IN})
NUMBERS: Final = EQUALITY | {_O.LT, _O.LE, _O.GT, _O.GE}
NULLS: Final = frozenset({_O.IS_NULL, _O.IS_NOT_NULL})

_LOOKUPS: Final = {
    _O.EQ: "exact",
    _O.NE: "ne",
    _O.LT: "lt",
    _O.LE: "lte",
    _O.GT: "gt",
    _O.GE: "gte",
    _O.LIKE: "like",
    _O.ILIKE: "ilike",
    _O.IN: "in",
}
_INT64: Final = 2**63 - 1
NOTHING: Final = Q(pk__in=())


class Type(StrEnum):
    """What the values of a name are."""

    TEXT = "a quoted string"
    NUMBER = "a number"
    INTEGER = "a whole number"


def compare(column: str, operator: Operator, value: Value) -> Q:
    """The condition ``column operator value`` as SQL means it: a row without a value does not match."""
    if operator is _O.NOT_IN:
        return ~Q(**{f"{column}__in": value}) & Q(**{f"{column}__isnull": False})
    return Q(**{f"{column}__{_LOOKUPS[operator]}": value})


def compare_integers(column: str, operator: Operator, value: float) -> Q:
    """As `compare`, for a column of 64-bit integers and any number."""
    if not float(value).is_integer():
        if operator is _O.EQ:
            return NOTHING
        if operator is _O.NE:
            return Q(**{f"{column}__isnull": False})
        # No whole number lies between a fraction and its floor: x >= 1.5 is x > 1, and x < 1.5 is x <= 1.
        operator = _O.GT if operator in (_O.GT, _O.GE) else _O.LE
        value = math.floor(value) if math.isfinite(value) else value
    return compare(column, operator, int(max(-_INT64, min(_INT64, value))))


@dataclass(frozen=True)
class Attribute:
    """A column of the entity itself.

    ``read`` turns the quoted text of a filter into what the column holds, and may raise InvalidInput.
    """

    column: str
    type: Type = Type.TEXT
    operators: frozenset[Operator] = TEXT
    nullable: bool = False
    read: Callable[[str], object] | None = None
    #: Whether a number may also be quoted.
    quoted_numbers: bool = False

    def q(self, key: str, operator: Operator, value: Value) -> Q:
        if self.type is Type.INTEGER:
            assert isinstance(value, int | float)
            return compare_integers(self.column, operator, value)
        return compare(self.column, operator, value)

    def order(self, key: str) -> F | Expression | Subquery:
        return F(self.column)


@dataclass(frozen=True)
class Computed(Attribute):
    """A number made of columns; ``column`` is only its name."""

    expression: Any = field(kw_only=True)

    def q(self, key: str, operator: Operator, value: Value) -> Q:
        number = ExpressionWrapper(self.expression, FloatField())
        lookup = FloatField().get_lookup(_LOOKUPS[operator])
        assert lookup is not None, "every operator on numbers has one"
        return Q(lookup(number, value))

    def order(self, key: str) -> F | Expression | Subquery:
        return ExpressionWrapper(self.expression, FloatField())


@dataclass(frozen=True)
class Keyed:
    """Child rows of the form (owner, key, value).

    ``model`` is the child, ``owner`` the name of its foreign key to the entity, ``word`` what one of them is called.
    ``matching`` replaces the plain comparison of values, ``rows`` limits which rows count.
    """

    word: str
    model: type[Model]
    owner: str
    type: Type = Type.TEXT
    operators: frozenset[Operator] = TEXT
    key: str = "key"
    value: str = "value"
    matching: Callable[[Operator, Value], Q] | None = None
    rows: Q = field(default_factory=Q)
    #: Whether numbers without quotes are taken for texts.
    bare_numbers: bool = False

    def q(self, key: str, operator: Operator, value: Value) -> Q:
        rows = self.rows_of(key).filter(**{self.owner: OuterRef("pk")})
        if operator is _O.IS_NULL:
            return ~Q(Exists(rows))
        if operator is not _O.IS_NOT_NULL:
            rows = rows.filter(self.match(operator, value))
        return Q(Exists(rows))

    def match(self, operator: Operator, value: Value) -> Q:
        """The condition on a child row's value."""
        return (self.matching or self._plain)(operator, value)

    def rows_of(self, key: str) -> QuerySet[Any]:
        """The child rows with this key, of whatever owner."""
        return self.model._default_manager.filter(self.rows, **{self.key: key})

    def order(self, key: str) -> F | Expression | Subquery:
        return Subquery(self.rows_of(key).filter(**{self.owner: OuterRef("pk")}).values(self.value)[:1])

    def _plain(self, operator: Operator, value: Value) -> Q:
        return compare(self.value, operator, value)


@dataclass(frozen=True)
class Related:
    """Rows that are joined to the entity and have columns with names of their own, such as a run's datasets."""

    word: str
    model: type[Model]
    owner: str
    columns: Mapping[str, tuple[str, Q]]
    type: Type = Type.TEXT
    operators: frozenset[Operator] = TEXT | LISTS

    def q(self, key: str, operator: Operator, value: Value) -> Q:
        column, rows = self.columns[key]
        related = self.model._default_manager.filter(rows, **{self.owner: OuterRef("pk")})
        return Q(Exists(related.filter(compare(column, operator, value))))


Searchable = Attribute | Keyed | Related


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison whose name was found and whose operator and value fit."""

    searchable: Searchable
    key: str
    operator: Operator
    value: Value

    def q(self) -> Q:
        """The condition on the entity's queryset."""
        return self.searchable.q(self.key, self.operator, self.value)


@dataclass(frozen=True, slots=True)
class Order:
    """A term of an order whose name was found."""

    searchable: Attribute | Keyed
    key: str
    descending: bool

    def expression(self) -> OrderBy:
        """For ``order_by``: what has no value comes last in both directions."""
        value = self.searchable.order(self.key)
        # Only where there can be a null: an index cannot give rows in an order that moves its nulls.
        last = True if not isinstance(self.searchable, Attribute) or self.searchable.nullable else None
        return value.desc(nulls_last=last) if self.descending else value.asc(nulls_last=last)


#: A rule of one entity that overrides the grammar's meaning of a comparison; None: no special meaning.
Rule = Callable[[Condition], Q | None]


@dataclass(frozen=True, eq=False)
class EntitySpec:
    """The names of one kind of entity.

    ``attributes`` maps every spelling of an attribute to it; ``orderable`` holds the spellings that may order.
    ``prefixes`` maps every spelling of a prefix to its family: ``attribute``, or a key of ``families``;
    ``ordering_families`` may order too. ``rules`` give single comparisons a meaning of their own.
    """

    plural: str
    attributes: Mapping[str, Attribute]
    prefixes: Mapping[str, str]
    families: Mapping[str, Keyed | Related] = field(default_factory=dict)
    orderable: frozenset[str] = frozenset()
    ordering_families: frozenset[str] = frozenset()
    rules: Sequence[Rule] = ()

    def conditions(self, text: str) -> tuple[Condition, ...]:
        """Read a filter. Raises InvalidInput with a sentence that names the position of what is wrong."""
        return tuple(self._condition(comparison) for comparison in parse_filter(text))

    def q(self, text: str) -> Q:
        """Read a filter into a condition on the entity's queryset. Raises InvalidInput."""
        return self.all_of(self.conditions(text))

    def all_of(self, conditions: Iterable[Condition]) -> Q:
        """All conditions at once, each by the entity's own rule where it has one."""
        together = Q()
        for condition in conditions:
            special = (rule(condition) for rule in self.rules)
            together &= next((q for q in special if q is not None), None) or condition.q()
        return together

    def orders(self, terms: Sequence[str]) -> tuple[Order, ...]:
        """Read an order. Raises InvalidInput, also when two terms order by the same."""
        orders = tuple(self._order(term) for term in parse_order(terms))
        if len({(order.searchable, order.key) for order in orders}) < len(orders):
            raise InvalidInput(f"`order_by` contains duplicate fields: {', '.join(terms)}.")
        return orders

    def order_by(self, terms: Sequence[str], *, default: Sequence[str], tie_breaker: str) -> list[OrderBy]:
        """Read an order into expressions for ``QuerySet.order_by``.

        ``default`` is used when there are no terms; ``tie_breaker`` (such as ``-pk``) makes the order total.
        """
        expressions = [order.expression() for order in self.orders(terms or default)]
        tie = F(tie_breaker.lstrip("-"))
        return [*expressions, tie.desc() if tie_breaker.startswith("-") else tie.asc()]

    def _condition(self, comparison: Comparison) -> Condition:
        searchable, key = self._find(comparison.identifier)
        if comparison.operator not in searchable.operators:
            raise wrong_at(comparison.identifier.position, self._operator_sentence(comparison, searchable))
        value = _checked(comparison, searchable)
        return Condition(searchable, key, comparison.operator, value)

    def _order(self, term: OrderTerm) -> Order:
        identifier = term.identifier
        family = self._family(identifier)
        if family == "attribute" and identifier.key not in self.orderable:
            raise InvalidInput(
                f"Invalid order_by attribute {identifier.key!r}. "
                f"{self.plural.capitalize()} can be ordered by {_listed(self.orderable)}."
            )
        searchable, key = self._find(identifier)
        if isinstance(searchable, Related) or (family != "attribute" and family not in self.ordering_families):
            raise InvalidInput(f"{self.plural.capitalize()} cannot be ordered by {str(identifier)!r}.")
        return Order(searchable, key, term.descending)

    def _family(self, identifier: Identifier) -> str:
        if not identifier.prefix:
            return "attribute"
        if family := self.prefixes.get(identifier.prefix):
            return family
        raise wrong_at(
            identifier.position,
            f"Invalid entity type {identifier.prefix!r} at position {identifier.position + 1}. "
            f"{self.plural.capitalize()} know {_listed(self.prefixes)}.",
        )

    def _find(self, identifier: Identifier) -> tuple[Searchable, str]:
        family = self._family(identifier)
        if family == "attribute":
            if attribute := self.attributes.get(identifier.key):
                return attribute, attribute.column
            raise wrong_at(
                identifier.position,
                f"Invalid attribute key {identifier.key!r} at position {identifier.position + 1}. "
                f"{self.plural.capitalize()} have {_listed(self.attributes)}.",
            )
        searchable = self.families[family]
        if isinstance(searchable, Related) and identifier.key not in searchable.columns:
            raise wrong_at(
                identifier.position,
                f"Invalid {searchable.word} key {identifier.key!r} at position {identifier.position + 1}. "
                f"Valid keys are {_listed(searchable.columns)}.",
            )
        return searchable, identifier.key

    def _operator_sentence(self, comparison: Comparison, searchable: Searchable) -> str:
        identifier = comparison.identifier
        return (
            f"Invalid comparator {str(comparison.operator)!r} for {str(identifier)!r} "
            f"at position {identifier.position + 1}. It takes {_listed(searchable.operators)}."
        )


def _checked(comparison: Comparison, searchable: Searchable) -> Value:
    """The value in the type of the name. Raises InvalidInput."""
    value = comparison.value
    if value is None:
        return None
    if searchable.type is Type.TEXT:
        return _checked_text(comparison, searchable, value)
    if isinstance(value, str) and isinstance(searchable, Attribute) and searchable.quoted_numbers:
        value = _number(value)
    if not isinstance(value, int | float):
        raise _wrong_type(comparison, searchable)
    return value


def _checked_text(comparison: Comparison, searchable: Searchable, value: Value) -> Value:
    if isinstance(value, int | float) and isinstance(searchable, Keyed) and searchable.bare_numbers:
        return str(value)
    read = searchable.read if isinstance(searchable, Attribute) else None
    if isinstance(value, tuple):
        return tuple(read(item) for item in value) if read else value  # type: ignore[misc]  # whatever the column holds
    if not isinstance(value, str):
        raise _wrong_type(comparison, searchable)
    return read(value) if read else value  # type: ignore[return-value]  # likewise


def _wrong_type(comparison: Comparison, searchable: Searchable) -> InvalidInput:
    found = repr(comparison.value) if isinstance(comparison.value, str) else str(comparison.value)
    return wrong_at(
        comparison.identifier.position,
        f"Invalid value {found} for {str(comparison.identifier)!r} at position {comparison.identifier.position + 1}: "
        f"expected {searchable.type}, such as {'1.5' if searchable.type is not Type.TEXT else repr('value')}.",
    )


def _number(text: str) -> Value:
    try:
        return int(text) if len(text) < 20 else float(text)
    except ValueError:
        return text


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(str(word) for word in words))
