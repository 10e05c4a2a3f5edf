"""The search language: one grammar for every list that can be filtered, compiled to conditions of the database.

``syntax`` reads text into comparisons. ``entities`` gives them a meaning for one kind of entity, described by an
`EntitySpec`. ``specs`` holds the specs of tracking; the registry declares its own. ``pages`` cuts answers into pages.
"""

from tracking.search.entities import (
    EQUALITY,
    LISTS,
    NULLS,
    NUMBERS,
    TEXT,
    Attribute,
    Condition,
    EntitySpec,
    Keyed,
    Order,
    Related,
    Type,
)
from tracking.search.pages import Page, check_max_results, offset_token, read_offset
from tracking.search.syntax import Comparison, Identifier, Operator, OrderTerm, parse_filter, parse_order

__all__ = [
    "EQUALITY",
    "LISTS",
    "NULLS",
    "NUMBERS",
    "TEXT",
    "Attribute",
    "Comparison",
    "Condition",
    "EntitySpec",
    "Identifier",
    "Keyed",
    "Operator",
    "Order",
    "OrderTerm",
    "Page",
    "Related",
    "Type",
    "check_max_results",
    "offset_token",
    "parse_filter",
    "parse_order",
    "read_offset",
]
