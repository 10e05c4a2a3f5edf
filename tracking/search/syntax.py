"""Reads the search language: text in, comparisons and order terms out; nothing here knows what can be searched."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from audit.exceptions import InvalidInput

#: Longest filter, in characters, and most comparisons in one: more is not a question a person asks.
LONGEST_FILTER: Final = 16_384
MOST_COMPARISONS: Final = 100
LONGEST_ORDER_TERM: Final = 600

_PART = re.compile(r"`([^`]*)`|\"([^\"]*)\"|'([^']*)'|([^.`\"']+)")
_INT64: Final = 2**63 - 1


class Operator(StrEnum):
    """What a comparison asks."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    LIKE = "LIKE"
    ILIKE = "ILIKE"
    IN = "IN"
    NOT_IN = "NOT IN"
    IS_NULL = "IS NULL"
    IS_NOT_NULL = "IS NOT NULL"


Value = str | int | float | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Identifier:
    """What stands left of an operator: ``metrics.`f1 score` `` has prefix ``metrics`` and key ``f1 score``.

    ``position`` counts the characters before it.
    """

    prefix: str
    key: str
    position: int

    def __str__(self) -> str:
        return f"{self.prefix}.{self.key}" if self.prefix else self.key


@dataclass(frozen=True, slots=True)
class Comparison:
    """One clause of a filter. The value of IN is a tuple of strings, that of IS NULL is None."""

    identifier: Identifier
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One term of an order."""

    identifier: Identifier
    descending: bool


@lru_cache(maxsize=256)
def parse_filter(text: str) -> tuple[Comparison, ...]:
    """Read a filter; one that is empty or blank has no comparisons. Raises InvalidInput, which names the position."""
    _check_length(text, LONGEST_FILTER, "filter")
    if not text.strip():
        return ()
    comparisons: tuple[Comparison, ...] = _parse(text, "filter")
    if len(comparisons) > MOST_COMPARISONS:
        raise InvalidInput(
            f"The filter has {len(comparisons)} comparisons; at most {MOST_COMPARISONS} can be asked at once."
        )
    return comparisons


def parse_order(terms: Sequence[str]) -> tuple[OrderTerm, ...]:
    """Read an order given as terms such as ``metrics.acc DESC``. Raises InvalidInput."""
    return tuple(_parse_order_term(term) for term in terms)


@lru_cache(maxsize=256)
def _parse_order_term(text: str) -> OrderTerm:
    _check_length(text, LONGEST_ORDER_TERM, "order_by")
    term: OrderTerm = _parse(text, "order_term")
    return term


def _check_length(text: str, longest: int, what: str) -> None:
    if len(text) > longest:
        raise InvalidInput(f"The {what} has {len(text)} characters; at most {longest} can be read.")
    if "\x00" in text:
        raise wrong_at(text.index("\x00"), f"The {what} contains a NUL character at position {text.index(chr(0)) + 1}.")


def _parse(text: str, start: str) -> Any:
    try:
        return _reader().transform(_parser().parse(text, start=start))
    except UnexpectedInput as error:
        raise _complaint(text, error, start) from None


def wrong_at(position: int, sentence: str) -> InvalidInput:
    """The refusal of a text whose fault lies after so many characters; ``details["position"]`` counts from one."""
    return InvalidInput(sentence, details={"position": position + 1})


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", start=["filter", "order_term"])


@cache
def _reader() -> "_Reader":
    return _Reader()


@v_args(inline=True)
class _Reader(Transformer[Token, Any]):
    def filter(self, *comparisons: Comparison) -> tuple[Comparison, ...]:
        return comparisons

    def order_term(self, identifier: Token, direction: Token | None = None) -> OrderTerm:
        return OrderTerm(_identifier(identifier), direction is not None and direction.lower() == "desc")

    def compare(self, identifier: Token, operator: Token, value: Token) -> Comparison:
        return Comparison(_identifier(identifier), Operator(operator.upper()), _value(value))

    def is_in(self, identifier: Token, values: tuple[str, ...]) -> Comparison:
        return Comparison(_identifier(identifier), Operator.IN, values)

    def is_not_in(self, identifier: Token, values: tuple[str, ...]) -> Comparison:
        return Comparison(_identifier(identifier), Operator.NOT_IN, values)

    def is_null(self, identifier: Token) -> Comparison:
        return Comparison(_identifier(identifier), Operator.IS_NULL, None)

    def is_not_null(self, identifier: Token) -> Comparison:
        return Comparison(_identifier(identifier), Operator.IS_NOT_NULL, None)

    def list(self, *values: Token) -> tuple[str, ...]:
        return tuple(_unquoted(value) for value in values)


def _identifier(token: Token) -> Identifier:
    """Split at the first dot between parts; a name quoted as a whole may hold the dot inside."""
    parts = ["".join(filter(None, found)) for found in _PART.findall(token)]
    if len(parts) == 1 and "." in parts[0]:
        parts = parts[0].split(".", 1)
    prefix, key = (parts[0], ".".join(parts[1:])) if len(parts) > 1 else ("", parts[0])
    return Identifier(prefix, key, token.start_pos or 0)


def _value(token: Token) -> str | int | float:
    return _unquoted(token) if token.type == "STRING" else _number(str(token))


def _unquoted(token: Token) -> str:
    quote = token[0]
    return token[1:-1].replace(quote * 2, quote)


def _number(text: str) -> int | float:
    if text.lstrip("+-").isdigit() and len(text) < 20 and abs(number := int(text)) <= _INT64:
        return number
    return float(text)


_WORDS = {
    "IDENTIFIER": "a name such as metrics.acc",
    "STRING": "a quoted string",
    "NUMBER": "a number",
    "COMPARATOR": "an operator (= != < <= > >= LIKE ILIKE IN, IS NULL)",
    "LPAR": "a list in parentheses",
    "COMMA": "a comma",
    "RPAR": "a closing parenthesis",
    "DIRECTION": "ASC or DESC",
    "_AND": "AND",
    "_NULL": "NULL",
    "_IN": "IN",
    "$END": "the end",
}


def _complaint(text: str, error: UnexpectedInput, start: str) -> InvalidInput:
    what = "filter" if start == "filter" else "order_by clause"
    position = error.pos_in_stream
    at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
    if at_end or position is None or not 0 <= position < len(text):
        position, found = len(text), "its end"
    else:
        found = repr(text[position : position + 20].split("\n", maxsplit=1)[0])
    expected = {str(name) for kind in ("accepts", "expected", "allowed") for name in getattr(error, kind, None) or ()}
    if "COMPARATOR" in expected:
        expected = {"COMPARATOR"}
    wanted = [words for name, words in _WORDS.items() if name in expected]
    hint = f" Expected {' or '.join(wanted)}." if wanted else ""
    return wrong_at(position, f"Invalid {what} {text[:200]!r} at position {position + 1}, {found}.{hint}")
