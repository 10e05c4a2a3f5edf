"""What was logged, as pages list it: the part that somebody looks for, cut to what fits on a page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, Generic, TypeVar

from django.utils.html import escape

T = TypeVar("T")
Item = Mapping[str, Any]

#: How many lines of each list a page shows, and how much of a value.
MOST_LINES: Final = 300
LONGEST_VALUE: Final = 300
#: How much all values of a list may take of a page, as HTML.
_MOST_HTML: Final = 100_000

NOTE_TAG: Final = "mlflow.note.content"
_OF_CLIENTS: Final = "mlflow."


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """The lines that are shown, of ``found`` that match and ``total`` that there are."""

    lines: list[T]
    found: int
    total: int

    def __bool__(self) -> bool:
        return self.total > 0

    @property
    def hidden(self) -> int:
        """How many lines match and are not shown."""
        return self.found - len(self.lines)


@dataclass(frozen=True, slots=True)
class Pair:
    """A param or tag; ``rest`` is what does not fit into one line."""

    key: str
    value: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a run or logged model: those that people set, those that clients write, and the note."""

    own: Part[Pair]
    of_clients: Part[Pair]
    note: str


def pairs(items: Iterable[Item], find: str = "") -> Part[Pair]:
    """Params or tags by key; ``find`` keeps those that hold it in key or value."""
    part = part_of(items, find, lambda item: f"{item['key']}\n{item['value']}", _pair)
    sizes = accumulate(len(escape(pair.value)) for pair in part.lines)
    fitting = sum(size <= _MOST_HTML for size in sizes)
    return Part(part.lines[:fitting], part.found, part.total)


def split_tags(items: Iterable[Item], find: str = "") -> Tags:
    """The tags by whose they are."""
    own: list[Item] = []
    of_clients: list[Item] = []
    note = ""
    for item in items:
        if item["key"] == NOTE_TAG:
            note = item["value"]
        else:
            (of_clients if item["key"].startswith(_OF_CLIENTS) else own).append(item)
    return Tags(pairs(own, find), pairs(of_clients, find), note)


def part_of(items: Iterable[Item], find: str, text: Callable[[Item], str], line: Callable[[Item], T]) -> Part[T]:
    """The items by key whose ``text`` holds ``find``, each as a ``line``."""
    everything = sorted(items, key=lambda item: str(item["key"]))
    wanted = find.lower()
    found = [item for item in everything if wanted in text(item).lower()] if wanted else everything
    return Part([line(item) for item in found[:MOST_LINES]], len(found), len(everything))


def _pair(item: Item) -> Pair:
    value = str(item["value"])
    return Pair(item["key"], value[:LONGEST_VALUE], len(value) > LONGEST_VALUE)
