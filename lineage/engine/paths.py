"""The shortest ways from one node to another, in a graph that was cut down to what lies between them."""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from lineage.engine.answers import EdgeList, Reached

#: A node by its id, or a segment by its token.
Stop = int | str


@dataclass(frozen=True)
class Paths:
    """Everything on any way from one node to another, and the shortest of these ways, each from start to end."""

    reached: Reached
    edges: EdgeList
    shortest: list[list[Stop]]


def shortest_paths(edges: EdgeList, start: int, end: int, count: int) -> list[list[Stop]]:
    """Up to ``count`` ways from start to end that visit nothing twice, shortest first; equal ones in order of ids.

    Every way is grown along what brings it nearer to the end first, so little is looked at besides the ways found.
    """
    onward: dict[Stop, list[Stop]] = {}
    back: dict[Stop, list[Stop]] = {}
    for src, dst in sorted(set(_steps(edges)), key=_order):
        onward.setdefault(src, []).append(dst)
        back.setdefault(dst, []).append(src)
    left = _steps_left(back, end)
    if start not in left:
        return []
    found: list[list[Stop]] = []
    waiting: list[tuple[int, int, list[Stop]]] = [(left[start], 0, [start])]
    number = 0
    while waiting and len(found) < count:
        _, _, way = heapq.heappop(waiting)
        if way[-1] == end:
            found.append(way)
            continue
        for stop in onward.get(way[-1], ()):
            if stop in left and stop not in way:
                number += 1
                heapq.heappush(waiting, (len(way) + left[stop], number, [*way, stop]))
    return found


def _steps(edges: EdgeList) -> Iterable[tuple[Stop, Stop]]:
    yield from zip(edges.src.tolist(), edges.dst.tolist(), strict=True)
    yield from ((link.src, link.dst) for link in edges.links)


def _order(step: tuple[Stop, Stop]) -> tuple[tuple[bool, str | int], ...]:
    return tuple((isinstance(stop, str), stop) for stop in step)


def _steps_left(back: dict[Stop, list[Stop]], end: Stop) -> dict[Stop, int]:
    """How many steps it takes to the end, from everywhere."""
    left: dict[Stop, int] = {end: 0}
    waiting = deque([end])
    while waiting:
        stop = waiting.popleft()
        for before in back.get(stop, ()):
            if before not in left:
                left[before] = left[stop] + 1
                waiting.append(before)
    return left
