"""Where things are drawn: layers from left to right in the direction of flow, places in a layer from top to bottom.

Few crossings come from putting everything near the middle of its neighbours, layer by layer, to and fro. What was drawn
before keeps its place as far as it can, so that a picture that grows does not jump.
"""

from dataclasses import dataclass

import numpy as np

from lineage.engine.arrays import NOTHING, Bools, Ints

#: How often the layers are swept in each direction. Later sweeps change little.
_SWEEPS = 4
#: How often places in a layer are pulled towards neighbours and pushed apart again.
_PULLS = 3


@dataclass(frozen=True)
class Layout:
    """The layer and the place of every node, both in units of one: as many pixels each as the picture likes."""

    layer: Ints
    place: Ints


def layout(count: int, src: Ints, dst: Ints, previous: Ints | None = None) -> Layout:
    """Lay out ``count`` nodes and the edges between them.

    ``previous`` holds the places of an earlier picture, NaN for what is new. The same input gives the same picture.
    """
    if not count:
        return Layout(NOTHING, np.empty(0))
    src, dst = np.asarray(src, np.int64), np.asarray(dst, np.int64)
    layer = _layers(count, src, dst)
    ends = np.r_[src, dst], np.r_[dst, src]
    order = np.lexsort((np.arange(count), _first_places(count, layer, previous, ends), layer))
    place = _even(order, layer)
    for sweep in range(_SWEEPS):
        for up in (True, False):
            nearer = layer[ends[1]] < layer[ends[0]] if up else layer[ends[1]] > layer[ends[0]]
            wanted = _middle(count, ends[0][nearer], place[ends[1][nearer]], place)
            if previous is not None and sweep == 0:
                wanted = np.where(np.isnan(previous), wanted, previous)
            order = np.lexsort((place, wanted, layer))
            place = _even(order, layer)
    for _ in range(_PULLS):
        place = _apart(order, layer, _middle(count, ends[0], place[ends[1]], place))
    return Layout(layer, place)


def _layers(count: int, src: Ints, dst: Ints) -> Ints:
    """The longest way to each node; edges that would close a circle count for nothing."""
    layer: Ints = np.zeros(count, np.int64)
    alive = src != dst
    src, dst = src[alive], dst[alive]
    waiting = np.bincount(dst, minlength=count)
    by_source = np.argsort(src, kind="stable")
    src, dst = src[by_source], dst[by_source]
    begin: Ints = np.searchsorted(src, np.arange(count + 1))
    done: Bools = np.zeros(count, bool)
    ready = np.flatnonzero(waiting == 0)
    while True:
        if not len(ready):
            # A circle: go on from what waits for least.
            left = np.flatnonzero(~done)
            if not len(left):
                return layer
            ready = left[[int(np.argmin(waiting[left]))]]
        done[ready] = True
        lengths = begin[ready + 1] - begin[ready]
        slots = np.repeat(begin[ready] - np.r_[0, np.cumsum(lengths)[:-1]], lengths) + np.arange(int(lengths.sum()))
        targets, sources = dst[slots], src[slots]
        fresh = ~done[targets]
        np.maximum.at(layer, targets[fresh], layer[sources[fresh]] + 1)
        np.subtract.at(waiting, targets, 1)
        touched = np.unique(targets[fresh])
        ready = touched[waiting[touched] <= 0]


def _first_places(count: int, layer: Ints, previous: Ints | None, ends: tuple[Ints, Ints]) -> Ints:
    """Where to begin: at the old places, new things beside their neighbours; in the order given when all are new."""
    places: Ints = np.arange(count, dtype=float)
    if previous is None:
        return places
    known = ~np.isnan(previous)
    places = np.where(known, np.nan_to_num(previous), places)
    beside = known[ends[1]] & ~known[ends[0]]
    return _middle(count, ends[0][beside], places[ends[1][beside]], places)


def _middle(count: int, nodes: Ints, values: Ints, otherwise: Ints) -> Ints:
    """The mean of the values beside each node; what has none keeps its own."""
    number = np.bincount(nodes, minlength=count)
    total = np.bincount(nodes, weights=values, minlength=count)
    return np.where(number > 0, total / np.maximum(number, 1), otherwise)


def _even(order: Ints, layer: Ints) -> Ints:
    """Places one apart in every layer, around zero, in an order that goes layer by layer."""
    sizes = np.bincount(layer)
    begin = np.cumsum(sizes) - sizes
    place = np.empty(len(order))
    place[order] = np.arange(len(order)) - begin[layer[order]] - (sizes[layer[order]] - 1) / 2
    return place


def _apart(order: Ints, layer: Ints, wanted: Ints) -> Ints:
    """The places nearest to those wanted that keep the order and are at least one apart, by what is pushed most."""
    in_order, layers = wanted[order], layer[order]
    sizes = np.bincount(layer)
    begin = np.cumsum(sizes) - sizes
    rank = np.arange(len(order)) - begin[layers]
    # Taking each one's rank off turns "one apart" into "not falling"; the middle of the highest before and the lowest
    # after is such a row. Far-off layers are kept apart by an offset that no place reaches.
    span = float(np.ptp(in_order)) + len(order) + 1
    level = in_order - rank + layers * span
    before = np.maximum.accumulate(level)
    after = np.minimum.accumulate(level[::-1])[::-1]
    place = np.empty(len(order))
    place[order] = (before + after) / 2 - layers * span + rank
    return place
