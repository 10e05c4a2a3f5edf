"""What somebody asks of the graph, checked and ready: whatever door the question came through."""

import hashlib
import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from lineage.vocabulary import EdgeKind, NodeKind

MOST_STARTS: Final = 1_000
MOST_PER_PAGE: Final = 1_000
PER_PAGE: Final = 100

#: The words of questions and answers for kinds, such as ``model_version``.
NODE_WORDS: Final[Mapping[str, int]] = {kind.name.lower(): kind.value for kind in NodeKind}
EDGE_WORDS: Final[Mapping[str, int]] = {kind.name.lower(): kind.value for kind in EdgeKind}
NODE_NAMES: Final[Mapping[int, str]] = {number: word for word, number in NODE_WORDS.items()}
EDGE_NAMES: Final[Mapping[int, str]] = {number: word for word, number in EDGE_WORDS.items()}

COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}

Direction = Literal["up", "down", "both"]
Mode = Literal["result", "prune"]


@dataclass(frozen=True, slots=True)
class MetricCondition:
    """A figure and what it is compared with."""

    name: str
    comparison: str
    value: float

    def holds(self, value: float) -> bool:
        """Whether a figure meets it; NaN meets nothing."""
        return value == value and COMPARISONS[self.comparison](value, self.value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which nodes an answer keeps; what is empty does not matter.

    ``match`` says whether all conditions have to hold, or any. Times are milliseconds; ``created_to`` is within.
    """

    kinds: tuple[int, ...] = ()
    projects: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    label: str = ""
    pinned: bool | None = None
    created_from: int | None = None
    created_to: int | None = None
    metrics: tuple[MetricCondition, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    match: Literal["all", "any"] = "all"

    @property
    def keeps_all(self) -> bool:
        """Whether it filters nothing."""
        return self in (Wanted(), Wanted(match="any"))

    @property
    def asks_above(self) -> bool:
        """Whether only the apps above, or the rows themselves, can say what matches."""
        return bool(self.stages or self.owners or self.metrics or self.properties or self.label)


@dataclass(frozen=True, slots=True)
class Walk:
    """From where, which way, how far, and what of it."""

    start: tuple[str, ...]
    direction: Direction = "both"
    depth: int | None = None
    edge_kinds: tuple[int, ...] | None = None
    structural: bool = False
    wanted: Wanted = field(default_factory=Wanted)
    filter_mode: Mode = "result"
    as_of: int | None = None
    include_retracted: bool = False
    edges: bool = True
    order: Literal["depth", "time"] = "depth"
    limit: int = PER_PAGE
    cursor: str = ""

    @property
    def digest(self) -> str:
        """What a cursor belongs to: the question without the page."""
        said: dict[str, Any] = asdict(self)
        del said["limit"], said["cursor"]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
