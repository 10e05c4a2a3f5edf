"""Random graphs, and a plain walk over them: sets and dictionaries, written from the meaning, not from the engine."""

from dataclasses import dataclass, field

from lineage.visibility import Level
from lineage.vocabulary import FLOW, EdgeKind, MarkKind


@dataclass
class Plain:
    """A graph as Python sees it: the level of every node, edges by number, and when edges were (not) retracted."""

    levels: dict[int, Level]
    edges: dict[int, tuple[int, int, int, int, int]] = field(default_factory=dict)  # src, dst, kind, basis, recorded
    recorded: dict[int, int] = field(default_factory=dict)
    marks: list[tuple[int, int, int]] = field(default_factory=list)  # edge, kind, recorded

    def retracted(self, edge: int, as_of: int | None) -> bool:
        said = [kind for number, kind, at in self.marks if number == edge and (as_of is None or at <= as_of)]
        return bool(said) and said[-1] == MarkKind.RETRACTED

    def steps(self, *, up, kinds=FLOW, bases=None, as_of=None, include_retracted=False):
        """For every node its neighbours with the cost of going there."""
        kinds = set(kinds)
        whole = kinds >= set(FLOW) and bases is None
        steps: dict[int, dict[int, int]] = {node: {} for node in self.levels}

        def add(here, there, cost):
            steps[here][there] = min(cost, steps[here].get(there, cost))

        for number, (src, dst, kind, basis, recorded) in self.edges.items():
            if as_of is not None and recorded > as_of:
                continue
            hidden = [end for end in (src, dst) if self.levels[end] == Level.OPAQUE]
            gone = self.retracted(number, as_of)
            if kind == EdgeKind.SAME_AS:
                if not gone:
                    both_alike = self.levels[src] == self.levels[dst]
                    if not hidden or whole:
                        add(src, dst, 0 if both_alike else 1)
                        add(dst, src, 0 if both_alike else 1)
                continue
            here, there = (dst, src) if up else (src, dst)
            if hidden:
                if whole and kind in FLOW and not gone:
                    add(here, there, 0 if len(hidden) == 2 else 1)
            elif kind in kinds and (bases is None or basis in bases) and (include_retracted or not gone):
                add(here, there, 1)
        return steps

    def walk(self, starts, *, up, depth=None, keeps=None, as_of=None, **rule):
        """The depth of every node that is reached and may be read, and the hidden ones passed or met."""
        steps = self.steps(up=up, as_of=as_of, **rule)
        there = {
            node
            for node, level in self.levels.items()
            if level != Level.NONE
            and not (keeps is not None and level == Level.OPAQUE)
            and (as_of is None or self.recorded[node] <= as_of)
        }
        depths = {node: 0 for node in starts if node in there}
        waiting = sorted(depths)
        while waiting:
            waiting.sort(key=depths.__getitem__, reverse=True)
            node = waiting.pop()
            readable = self.levels[node] == Level.READ
            for other, cost in steps[node].items():
                if cost and keeps is not None and readable and node not in starts and not keeps(node):
                    continue
                far = depths[node] + cost
                if other not in there or (depth is not None and far > depth) or depths.get(other, far + 1) <= far:
                    continue
                depths[other] = far
                waiting.append(other)
        hidden = {node for node in depths if self.levels[node] == Level.OPAQUE}
        return {node: far for node, far in depths.items() if node not in hidden}, hidden
