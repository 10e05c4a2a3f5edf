"""What answers are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is there and not shown: ``nodes`` is None for those who may not count it.

    ``segments`` is None when the answer is so large that nobody counts them.
    """

    nodes: int | None = None
    segments: int | None = 0


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node as its reader sees it today. ``at`` is when it was made, ``state`` is `live`, `ended` or `purged`."""

    key: str
    kind: str
    label: str
    at: int
    recorded_at: int
    pinned: bool
    project: str
    depth: int = 0
    digest: str = ""
    state: str = ""
    recalled: bool = False
    url: str = ""
    stage: str = ""
    status: str = ""
    owner: str = ""
    metric: tuple[str, float] | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EdgeView:
    """Something went from one node into another; both are in the answer, or were on an earlier page."""

    src: str
    dst: str
    kind: str
    role: str
    basis: str
    at: int
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """Something hidden between readable nodes. Its id is the reader's alone, and says nothing of how much is hidden."""

    id: str
    sources: Sequence[str]
    targets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Frame:
    """What every answer carries. ``complete`` says that nothing was left out; else ``cursor`` leads on."""

    graph_version: str
    total: int
    returned: int
    hidden: Hidden
    complete: bool
    cursor: str
    took_ms: float


@dataclass(frozen=True, slots=True)
class WalkAnswer:
    """A page of a walk."""

    frame: Frame
    nodes: Sequence[NodeView]
    edges: Sequence[EdgeView]
    segments: Sequence[Segment]
