"""What an event says, as nodes and edges.

A run points to versions of datasets only. A version that the producer names is taken as it is named; where it names
none, what was read is a version of its own, unpinned, and what was written is known by the run that wrote it. That a
run read what was written last is a guess: such an edge says so.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lineage import keys
from lineage.facts import Flow, Thing
from lineage.openlineage.parsing import Code, Dataset, Event, Job, Named, Run
from lineage.vocabulary import UNPINNED, WRITTEN, Basis, EdgeKind, EdgeRole, NodeKind

TRACKER: Final = "openlineage"
_SHA256: Final = re.compile(r"^(?:sha256:)?([0-9a-fA-F]{64})$")
_LAYERS: Final = ("iceberg", "delta", "hudi")
_GOES_ON: Final = frozenset({"START", "RUNNING"})
_NOT_DONE: Final = frozenset({"FAIL", "ABORT"})


@dataclass
class Facts:
    """Nodes and edges to be, each once."""

    things: dict[str, Thing] = field(default_factory=dict)
    flows: dict[Flow, None] = field(default_factory=dict)
    #: The dataset and the version of each unpinned read of a run that has ended: perhaps it is known what was there
    #: when it began, at ``since``.
    unpinned: dict[str, str] = field(default_factory=dict)
    since: int = 0

    def add(self, thing: Thing) -> str:
        """Add a node; the first word about it counts."""
        self.things.setdefault(thing.key, thing)
        return thing.key

    def link(
        self,
        src: str,
        dst: str,
        kind: EdgeKind,
        role: EdgeRole = EdgeRole.NONE,
        basis: Basis = Basis.DECLARED,
        at: int = 0,
    ) -> None:
        """Add an edge between two nodes; nothing comes from itself."""
        if src != dst:
            self.flows.setdefault(Flow(src, dst, kind, role, basis, at), None)


def run_key(run_id: str) -> str:
    """The key of a run of OpenLineage."""
    return keys.run(run_id, tracker=TRACKER)


def job_key(job: Named) -> str:
    """The key of a job."""
    return keys.external("openlineage", f"job/{job.namespace}/{job.name}")


def facts_of(event: Event, *, runs: Mapping[str, str], started: Event | None = None) -> Facts:
    """The facts of an event.

    ``runs`` are the keys of the runs it names by their ids; ``started`` is what was said of the run when it started.
    """
    facts = Facts(since=min(event.at, started.at) if started else event.at)
    if event.dataset is not None:
        _tell_dataset(facts, event.dataset, event.at)
    elif event.run is not None and event.job is not None:
        _tell_run(facts, event, event.run, event.job, runs, started)
    elif event.job is not None:
        _tell_job(facts, event, event.job)
    return facts


def _tell_run(facts: Facts, event: Event, run: Run, job: Job, runs: Mapping[str, str], started: Event | None) -> None:
    key = _add_run(facts, runs[run.id], job.named, event)
    _tell_parents(facts, run, key, runs, event)
    if job.code is not None:
        facts.link(_add_code(facts, job.code, run.id, event.at), key, EdgeKind.USED, EdgeRole.CODE, at=event.at)
    unpinned = _unpinned(facts, run.id)
    read = {each.named: _add_version(facts, each, event.at, unpinned) for each in _inputs_of(event, started)}
    if event.type in _GOES_ON:
        facts.unpinned.clear()
    for version in read.values():
        facts.link(version, key, EdgeKind.USED, EdgeRole.DATA, at=event.at)
    outputs = _outputs_of(event, started)
    written = {each.named: _add_version(facts, each, event.at, _written(run.id)) for each in outputs}
    basis = Basis.INFERRED if event.type in _NOT_DONE else Basis.DECLARED
    models = {each.named for each in outputs if each.is_model}
    for named, version in written.items():
        role = EdgeRole.MODEL if named in models else EdgeRole.DATA
        facts.link(key, version, EdgeKind.GENERATED, role, basis, event.at)
    for source, target in (*job.flows, *_made_of(outputs)):
        if source in read and target in written:
            facts.link(read[source], written[target], EdgeKind.DERIVED, at=event.at)


def _inputs_of(event: Event, started: Event | None) -> list[Dataset]:
    """What was read, also as said at the start."""
    return _merged(event.inputs, started.inputs if started else ())


def _outputs_of(event: Event, started: Event | None) -> list[Dataset]:
    """What was written: what a run means to write when it starts counts once it has gone on and not failed."""
    if event.type == "START":
        return []
    return _merged(event.outputs, started.outputs if started and event.type not in _NOT_DONE else ())


def _merged(told: Iterable[Dataset], before: Iterable[Dataset]) -> list[Dataset]:
    return list({each.named: each for each in (*before, *told)}.values())


def _tell_parents(facts: Facts, run: Run, key: str, runs: Mapping[str, str], event: Event) -> None:
    if not run.parent or run.parent_job is None or run.parent == run.id:
        return
    parent = _add_run(facts, runs[run.parent], run.parent_job, event)
    facts.link(parent, key, EdgeKind.PART_OF, at=event.at)
    if run.root_job is not None and run.root not in (run.parent, run.id):
        facts.link(_add_run(facts, runs[run.root], run.root_job, event), parent, EdgeKind.PART_OF, at=event.at)


def _tell_job(facts: Facts, event: Event, job: Job) -> None:
    """A job without a run: what it would make of what, whatever the versions."""
    key = _add_job(facts, job.named, event.at)
    if job.code is not None:
        code = _add_code(facts, job.code, f"{job.named.namespace}/{job.named.name}", event.at)
        facts.link(code, key, EdgeKind.ASSOCIATED, EdgeRole.CODE, at=event.at)
    everything = (*event.inputs, *event.outputs)
    ends = {each.named: _add_version(facts, each, event.at, None) for each in everything}
    for end in ends.values():
        facts.link(end, key, EdgeKind.ASSOCIATED, EdgeRole.DATA, at=event.at)
    declared = [*job.flows, *_made_of(event.outputs)]
    for source, target in declared:
        if source not in ends:
            ends[source] = _add_dataset(facts, source, event.at)
        if target in ends:
            facts.link(ends[source], ends[target], EdgeKind.DERIVED, at=event.at)
    told = {target for _, target in declared} | {each.named for each in event.outputs if each.made_of is not None}
    guessed = [ends[each.named] for each in event.outputs if each.named not in told]
    for src, dst in itertools.product((ends[each.named] for each in event.inputs), guessed):
        facts.link(src, dst, EdgeKind.DERIVED, EdgeRole.NONE, Basis.INFERRED, event.at)


def _tell_dataset(facts: Facts, dataset: Dataset, at: int) -> None:
    key = _add_version(facts, dataset, at, None)
    for source in dataset.made_of or ():
        facts.link(_add_dataset(facts, source, at), key, EdgeKind.DERIVED, at=at)


def _made_of(datasets: Iterable[Dataset]) -> list[tuple[Named, Named]]:
    return [(source, each.named) for each in datasets for source in each.made_of or ()]


# --- Single things ----------------------------------------------------------------------------------------------------


def _add_run(facts: Facts, key: str, job: Named, event: Event) -> str:
    facts.add(Thing(NodeKind.RUN, key, job.name, event.at, props={"job": job.name, "namespace": job.namespace}))
    if not key.startswith(keys.run("")):  # a run of this server has no job
        facts.link(_add_job(facts, job, event.at), key, EdgeKind.HAS_VERSION, at=event.at)
    return key


def _add_job(facts: Facts, job: Named, at: int) -> str:
    props = {"job": job.name, "namespace": job.namespace}
    return facts.add(Thing(NodeKind.EXTERNAL, job_key(job), job.name, at, props=props))


def _add_code(facts: Facts, code: Code, asker: str, at: int) -> str:
    key = keys.code(code.repository, code.version or f"{UNPINNED}:{asker}", path=code.path)
    props = {"branch": code.branch} if code.branch else {}
    label = f"{keys.repository_url(code.repository).rpartition('/')[2]} {code.version[:12] or code.branch}".strip()
    return facts.add(Thing(NodeKind.CODE, key, label, at, props=props))


def _add_dataset(facts: Facts, named: Named, at: int) -> str:
    return facts.add(Thing(NodeKind.DATASET, keys.dataset(named.namespace, named.name), named.name, at))


Unversioned = Callable[[Named], str]


def _add_version(facts: Facts, dataset: Dataset, at: int, unversioned: Unversioned | None) -> str:
    """The version that is meant; the dataset itself when none is and nobody can say by what to know it."""
    named = dataset.named
    collection = _add_dataset(facts, named, at)
    _tell_names(facts, dataset, collection, at)
    if dataset.version:
        scheme, value = _scheme_of(dataset)
        key = keys.dataset_version(named.namespace, named.name, scheme, value)
    elif unversioned is None:
        return collection
    else:
        key = unversioned(named)
    props = {"lifecycle": dataset.lifecycle} if dataset.lifecycle else {}
    label = f"{named.name} {dataset.version[:40]}".strip()
    facts.add(Thing(NodeKind.DATASET_VERSION, key, label, at, props=props))
    facts.link(collection, key, EdgeKind.HAS_VERSION, at=at)
    return key


def _tell_names(facts: Facts, dataset: Dataset, collection: str, at: int) -> None:
    for symlink in dataset.symlinks:
        facts.link(_add_dataset(facts, symlink, at), collection, EdgeKind.SAME_AS, at=at)
    if dataset.renamed_from is not None:
        former = _add_dataset(facts, dataset.renamed_from, at)
        facts.link(former, collection, EdgeKind.DERIVED, EdgeRole.REVISION, at=at)


def _scheme_of(dataset: Dataset) -> tuple[str, str]:
    """What kind of version it is: a digest, a snapshot of a table, or what the producer calls a version."""
    if digest := _SHA256.match(dataset.version):
        return "sha256", digest[1].lower()
    layer = next((layer for layer in _LAYERS if layer in dataset.storage), "version")
    return layer, dataset.version


def _unpinned(facts: Facts, run_id: str) -> Unversioned:
    def name(named: Named) -> str:
        key = keys.unpinned_version(named.namespace, named.name, run_id)
        facts.unpinned[keys.dataset(named.namespace, named.name)] = key
        return key

    return name


def _written(run_id: str) -> Unversioned:
    return lambda named: keys.dataset_version(named.namespace, named.name, WRITTEN, run_id)
