"""What may be said to the graph: that something is there, and that one thing came from another."""

from dataclasses import dataclass, field
from typing import Any

from lineage.keys import is_pinned
from lineage.models import LABEL_LENGTH, Scope
from lineage.vocabulary import Basis, EdgeKind, EdgeRole, NodeKind


@dataclass(frozen=True, slots=True)
class Place:
    """The scope that a fact belongs to, as those above know it."""

    project_id: int
    kind: str = Scope.Kind.PROJECT
    object_id: int = 0


@dataclass(frozen=True, slots=True)
class Thing:
    """A node to be: its key (see `lineage.keys`) is what it is; the rest is what was known when it was first seen.

    ``at`` is when it was made, in milliseconds since 1970; 0 when nobody knows. ``digest`` is that of its content.
    ``home`` is where it belongs when that is not where the fact is said: such a thing is not shared by being named.
    """

    kind: NodeKind
    key: str
    label: str
    at: int = 0
    digest: str = ""
    props: dict[str, Any] = field(default_factory=dict, compare=False)
    home: Place | None = None

    @property
    def pinned(self) -> bool:
        """Whether it names one content for ever."""
        return is_pinned(self.key)

    @property
    def short_label(self) -> str:
        """What fits into the table."""
        return self.label[:LABEL_LENGTH]


@dataclass(frozen=True, slots=True)
class Flow:
    """An edge to be, between the keys of two things."""

    src: str
    dst: str
    kind: EdgeKind
    role: EdgeRole = EdgeRole.NONE
    basis: Basis = Basis.OBSERVED
    at: int = 0
