"""Makes up the lineage of an estate of models, with numpy: what is measured by `benchmarks.lineage`.

Everything happens at a moment, and things are made of what was there before. Three reference datasets are read by half
of all trainings, at whatever version was newest; which other datasets, commits and images are read follows Zipf's law.
Some models are tuned from earlier ones, some runs are children of sweeps, and some datasets are made from others.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lineage.vocabulary import EdgeKind, EdgeRole, NodeKind

Ints = Any
_HOT = 3


@dataclass(frozen=True)
class Estate:
    """Nodes in the order of time, numbered from 1, and edges between them in the order of their later ends."""

    kind: Ints
    scope: Ints
    at: Ints
    src: Ints
    dst: Ints
    edge_kind: Ints
    role: Ints
    #: The first version of the reference dataset that is read most.
    hottest: int


class _Maker:
    def __init__(self, trainings: int, scopes: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.scopes = scopes
        self.trainings = trainings
        self.kinds: list[Ints] = []
        self.times: list[Ints] = []
        self.homes: list[Ints] = []
        self.edges: list[tuple[Ints, Ints, int, int]] = []
        self.count = 0

    def things(self, kind: NodeKind, times: Ints, homes: Ints | None = None) -> Ints:
        """Add things made at some moments; return their numbers."""
        numbers = np.arange(self.count, self.count + len(times))
        self.count += len(times)
        self.kinds.append(np.full(len(times), int(kind)))
        self.times.append(times)
        self.homes.append(self.random.integers(0, self.scopes, len(times)) if homes is None else homes)
        return numbers

    def flow(self, src: Ints, dst: Ints, kind: EdgeKind, role: EdgeRole = EdgeRole.NONE) -> None:
        self.edges.append((src, dst, int(kind), int(role)))

    def zipf(self, choices: int, count: int) -> Ints:
        """Numbers below ``choices``, low ones much more often."""
        weight = 1 / np.arange(1, choices + 1)
        return np.searchsorted(np.cumsum(weight) / weight.sum(), self.random.random(count)).clip(max=choices - 1)


def make_estate(trainings: int, *, scopes: int = 2_000, seed: int = 11) -> Estate:
    """An estate with so many runs that trained something; about 2.4 nodes and 9.5 edges for each."""
    maker = _Maker(trainings, scopes, seed)
    random = maker.random
    datasets = max(trainings // 60, _HOT + 5)
    # Versions of datasets: reference datasets get 60 each, the others a few; many are made from others by a run.
    owner = np.concatenate([np.repeat(np.arange(_HOT), 60), random.integers(_HOT, datasets, trainings // 6)])
    made = random.random(len(owner))
    made[: _HOT * 60] = np.concatenate([np.linspace(1e-4 * (one + 1), 0.95, 60) for one in range(_HOT)])
    order = np.lexsort((made, owner))
    owner, made = owner[order], made[order]
    home_of = random.integers(0, scopes, datasets)
    home_of[0] = 0
    collections = maker.things(NodeKind.DATASET, np.zeros(datasets), home_of)
    versions = maker.things(NodeKind.DATASET_VERSION, made, home_of[owner])
    maker.flow(collections[owner], versions, EdgeKind.HAS_VERSION)
    newest = _Newest(owner, made, versions)
    _make_datasets(maker, owner, made, versions, newest, datasets)
    started = np.sort(random.random(trainings) * 0.97 + 0.03)
    run_home = maker.zipf(scopes, trainings)
    runs = maker.things(NodeKind.RUN, started, run_home)
    _read(maker, runs, started, newest, datasets, hot=random.random(trainings) < 0.5)
    _pin(maker, runs, started)
    _make_models(maker, runs, started, run_home)
    return _in_time(maker, versions[0])


class _Newest:
    """The newest version of a dataset at a moment."""

    def __init__(self, owner: Ints, made: Ints, versions: Ints) -> None:
        self.keys, self.owner, self.versions = owner + made, owner, versions

    def of(self, dataset: Ints, moment: Ints) -> Ints:
        """The versions; -1 where there was none yet."""
        at = np.searchsorted(self.keys, dataset + moment) - 1
        found = (at >= 0) & (self.owner[at] == dataset)
        return np.where(found, self.versions[at], -1)


def _make_datasets(maker: _Maker, owner: Ints, made: Ints, versions: Ints, newest: _Newest, datasets: int) -> None:
    random = maker.random
    chance = np.where(owner[1:] < _HOT, 1.0, 0.6)
    follows = np.flatnonzero((owner[1:] == owner[:-1]) & (random.random(len(owner) - 1) < chance)) + 1
    maker.flow(versions[follows - 1], versions[follows], EdgeKind.DERIVED, EdgeRole.REVISION)
    built = np.flatnonzero((random.random(len(owner)) < 0.8) & (owner >= _HOT))
    when = made[built] - 1e-9
    runs = maker.things(NodeKind.RUN, when)
    maker.flow(runs, versions[built], EdgeKind.GENERATED)
    for chance, lowest, beyond in ((1.0, _HOT, datasets), (0.2, _HOT, datasets), (0.4, 0, 1)):
        reads = random.random(len(built)) < chance
        read = newest.of(random.integers(lowest, beyond, int(reads.sum())), when[reads] - 1e-9)
        maker.flow(read[read >= 0], runs[reads][read >= 0], EdgeKind.USED, EdgeRole.DATA)


def _read(maker: _Maker, runs: Ints, started: Ints, newest: _Newest, datasets: int, hot: Ints) -> None:
    random = maker.random
    which = maker.zipf(_HOT, int(hot.sum()))
    version = newest.of(which, started[hot])
    maker.flow(version[version >= 0], runs[hot][version >= 0], EdgeKind.USED, EdgeRole.TRAIN)
    for chance in (1.0, 1.0, 1.0, 0.9, 0.7, 0.5):
        reads = random.random(len(runs)) < chance
        dataset = _HOT + maker.zipf(datasets - _HOT, int(reads.sum()))
        version = newest.of(dataset, started[reads])
        maker.flow(version[version >= 0], runs[reads][version >= 0], EdgeKind.USED, EdgeRole.TRAIN)


def _pin(maker: _Maker, runs: Ints, started: Ints) -> None:
    random = maker.random
    for kind, role, each in (
        (NodeKind.CODE, EdgeRole.CODE, 6),
        (NodeKind.IMAGE, EdgeRole.IMAGE, 400),
        (NodeKind.ENVIRONMENT, EdgeRole.ENVIRONMENT, 100),
    ):
        times = np.sort(random.random(max(len(runs) // each, 3)) * 0.9)
        times[0] = 0.0
        things = maker.things(kind, times)
        there = np.searchsorted(times, started)  # how many were there when the run began
        back = maker.zipf(200, len(runs)) if role is EdgeRole.CODE else maker.zipf(len(things), len(runs))
        maker.flow(things[np.maximum(there - 1 - back % np.maximum(there, 1), 0)], runs, EdgeKind.USED, role)


def _make_models(maker: _Maker, runs: Ints, started: Ints, run_home: Ints) -> None:
    random = maker.random
    good = np.flatnonzero(random.random(len(runs)) < 0.75)
    models = maker.things(NodeKind.MODEL_VERSION, started[good] + 1e-7, run_home[good])
    maker.flow(runs[good], models, EdgeKind.GENERATED)
    tuned = np.flatnonzero(random.random(len(runs)) < 0.1)
    before = np.searchsorted(started[good], started[tuned])
    tuned, before = tuned[before > 0], before[before > 0]
    base = before - 1 - np.minimum(random.geometric(0.002, len(before)) - 1, before - 1)
    maker.flow(models[base], runs[tuned], EdgeKind.USED, EdgeRole.BASE_MODEL)
    swept = np.flatnonzero(random.random(len(runs)) < 0.3)
    parent = (swept // 30) * 30
    maker.flow(runs[parent[parent != swept]], runs[swept[parent != swept]], EdgeKind.PART_OF)
    live = np.flatnonzero(random.random(len(models)) < 0.12)
    deployments = maker.things(NodeKind.DEPLOYMENT, started[good][live] + 2e-7, run_home[good][live])
    maker.flow(models[live], deployments, EdgeKind.DEPLOYED)


def _in_time(maker: _Maker, hottest: int) -> Estate:
    times = np.concatenate(maker.times)
    order = np.argsort(times, kind="stable")
    number = np.empty(maker.count, np.int64)
    number[order] = np.arange(1, maker.count + 1)
    src = number[np.concatenate([edge[0] for edge in maker.edges])]
    dst = number[np.concatenate([edge[1] for edge in maker.edges])]
    kind = np.concatenate([np.full(len(edge[0]), edge[2]) for edge in maker.edges])
    role = np.concatenate([np.full(len(edge[0]), edge[3]) for edge in maker.edges])
    _, first = np.unique(np.column_stack([np.maximum(src, dst), src, dst, kind, role]), axis=0, return_index=True)
    moments = (1_700_000_000_000 + times[order] * 63_072_000_000).astype(np.int64)
    return Estate(
        kind=np.concatenate(maker.kinds)[order],
        scope=np.concatenate(maker.homes)[order] + 1,
        at=moments,
        src=src[first],
        dst=dst[first],
        edge_kind=kind[first],
        role=role[first],
        hottest=int(number[hottest]),
    )
