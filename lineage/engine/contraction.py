"""What may not be read, contracted: every connected run of hidden nodes becomes one segment without a name.

Neither names nor kinds, number or shape of what is hidden may show. Runs that hang on the very same readable nodes are
one segment too, else their number would show.
"""

from dataclasses import dataclass

import numpy as np

from lineage.engine.arrays import Ints


@dataclass(frozen=True)
class Run:
    """Hidden positions that become one segment, and the readable ends of edges into it and out of it."""

    members: Ints
    sources: Ints
    targets: Ints


def runs_of(hidden: Ints, src: Ints, dst: Ints) -> list[Run]:
    """The runs among ``hidden`` positions, by their first member; ``src`` and ``dst`` are edges that touch them."""
    if not len(hidden):
        return []
    hidden = np.unique(hidden)
    from_hidden, at_src = _places(hidden, src)
    to_hidden, at_dst = _places(hidden, dst)
    inside = from_hidden & to_hidden
    labels = _components(len(hidden), at_src[inside], at_dst[inside])
    into = to_hidden & ~from_hidden
    out = from_hidden & ~to_hidden
    sources = _by_label(labels[at_dst[into]], src[into])
    targets = _by_label(labels[at_src[out]], dst[out])
    members = _by_label(labels, hidden)
    merged: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
    for label in members:
        merged.setdefault((sources.get(label, ()), targets.get(label, ())), []).extend(members[label])
    runs = [
        Run(np.array(sorted(found), np.int64), np.array(ends[0], np.int64), np.array(ends[1], np.int64))
        for ends, found in merged.items()
    ]
    return sorted(runs, key=lambda run: int(run.members[0]))


def _places(hidden: Ints, positions: Ints) -> tuple[Ints, Ints]:
    """Which positions are hidden, and where each is among the hidden."""
    at: Ints = np.searchsorted(hidden, positions)
    at[at == len(hidden)] = 0
    return hidden[at] == positions, at


def _components(count: int, one: Ints, other: Ints) -> Ints:
    """The lowest place that each of ``count`` places hangs together with: labels sink along edges until they rest."""
    labels = np.arange(count)
    while True:
        lower = labels.copy()
        np.minimum.at(lower, one, labels[other])
        np.minimum.at(lower, other, labels[one])
        lower = np.minimum(lower, lower[lower])
        if (lower == labels).all():
            return labels
        labels = lower


def _by_label(labels: Ints, values: Ints) -> dict[int, tuple[int, ...]]:
    """The different values under every label, sorted."""
    if not len(labels):
        return {}
    pairs = np.unique(np.column_stack([labels, values]), axis=0)
    begins = np.flatnonzero(np.r_[True, np.diff(pairs[:, 0]) > 0])
    parts = np.split(pairs[:, 1], begins[1:])
    return {int(label): tuple(part.tolist()) for label, part in zip(pairs[begins, 0], parts, strict=True)}
