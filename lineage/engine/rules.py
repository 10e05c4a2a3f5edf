"""What a walk follows and what it keeps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from lineage.engine.arrays import Bools, Ints
from lineage.vocabulary import FLOW, STRUCTURAL, EdgeKind

Direction = Literal["up", "down", "both"]
Mode = Literal["result", "prune"]

_BETWEEN_COLLECTIONS = STRUCTURAL - {EdgeKind.SAME_AS}


@dataclass(frozen=True)
class EdgeRule:
    """Which edges are followed.

    ``as_of`` (milliseconds) leaves out what was recorded later, and takes retractions as they stood then. ``SAME_AS``
    is never followed: both ends are one thing.
    """

    kinds: frozenset[int] = FLOW
    bases: frozenset[int] | None = None
    as_of: int | None = None
    include_retracted: bool = False

    @cached_property
    def is_plain(self) -> bool:
        """Whether it is what nearly every question follows: all flow that holds now."""
        return self.kinds == FLOW and self.bases is None and self.as_of is None and not self.include_retracted

    @property
    def through_hidden(self) -> "EdgeRule | None":
        """What is followed to and from nodes that the viewer may not read; None: nothing.

        The kind, basis and correctness of such edges are as secret as the nodes, so no condition on them may show in an
        answer: a rule that asks for less than all flow does not pass through.
        """
        if self.bases is not None or not self.kinds >= FLOW:
            return None
        return EdgeRule(as_of=self.as_of)


def edge_rule(
    *,
    edge_kinds: frozenset[int] | None = None,
    structural: bool = False,
    bases: frozenset[int] | None = None,
    as_of: int | None = None,
    include_retracted: bool = False,
) -> EdgeRule:
    """The rule for the words of a question."""
    kinds = frozenset(int(kind) for kind in (FLOW if edge_kinds is None else edge_kinds))
    if structural:
        kinds |= {int(kind) for kind in _BETWEEN_COLLECTIONS}
    kinds -= {int(EdgeKind.SAME_AS)}
    return EdgeRule(kinds, None if bases is None else frozenset(int(one) for one in bases), as_of, include_retracted)


@dataclass(frozen=True, slots=True)
class NodeFilter:
    """Which nodes an answer keeps; what is empty does not matter.

    ``scope_ids`` are numbers of `lineage.models.Scope`. ``accept`` gets the ids of readable nodes and says which match:
    for what only those above know, such as stages. It is called once per level, or once at the end.
    """

    kinds: frozenset[int] = field(default=frozenset())
    scope_ids: frozenset[int] = field(default=frozenset())
    created_from: int | None = None
    created_to: int | None = None
    accept: Callable[[Ints], Bools] | None = None

    @property
    def keeps_all(self) -> bool:
        """Whether it filters nothing."""
        return self == NodeFilter()
