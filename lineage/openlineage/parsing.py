"""Reads an OpenLineage event, strictly: every fault is a sentence that names its place.

An event speaks of a run, of a job without a run, or of a dataset; facets that the graph has no use for are kept with
the event and not looked at.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from audit.exceptions import InvalidInput, TooLarge
from lineage.exchange.reading import Fields

EVENT_TYPES: Final = frozenset({"START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"})
MOST_DATASETS: Final = 2_000
#: What names no state of a dataset, though it stands where a version should.
_MOVING: Final = frozenset({"latest", "current", "head", "main", "master", "unknown", "none", "null"})


@dataclass(frozen=True, slots=True)
class Named:
    """A job or dataset by its namespace and name."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """What was read or written, as far as the event says."""

    named: Named
    version: str = ""
    storage: str = ""
    is_model: bool = False
    symlinks: tuple[Named, ...] = ()
    lifecycle: str = ""
    renamed_from: Named | None = None
    #: What it was explicitly said to be made of; None when nothing was said.
    made_of: tuple[Named, ...] | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """Where the job's source is."""

    repository: str
    version: str = ""
    path: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """What runs."""

    named: Named
    code: Code | None = None
    #: Which dataset was said to be made of which, by the job's lineage facet.
    flows: tuple[tuple[Named, Named], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a job."""

    id: str
    parent: str = ""
    parent_job: Named | None = None
    root: str = ""
    root_job: Named | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What was said; ``run`` and ``job`` are None where the event speaks of a dataset alone."""

    at: int
    type: str
    producer: str
    run: Run | None = None
    job: Job | None = None
    inputs: tuple[Dataset, ...] = ()
    outputs: tuple[Dataset, ...] = ()
    dataset: Dataset | None = None


def read_event(sent: Any) -> Event:
    """The event that was sent. Raises InvalidInput and TooLarge."""
    fields = Fields(sent, "")
    at, producer = fields.moment("eventTime"), fields.text("producer")
    fields.text("schemaURL")
    if fields.has("dataset"):
        if fields.has("job") or fields.has("run"):
            raise InvalidInput("An event speaks of a dataset or of a job; this one has both.")
        return Event(at, "", producer, dataset=_dataset(fields.part("dataset")))
    job = _job(fields.part("job"))
    run = _run(fields.part("run")) if fields.has("run") else None
    inputs, outputs = _datasets(fields, "inputs"), _datasets(fields, "outputs")
    return Event(at, _event_type(fields, run), producer, run, job, inputs, outputs)


def _event_type(fields: Fields, run: Run | None) -> str:
    said = fields.optional_text("eventType").upper()
    if said and said not in EVENT_TYPES:
        raise InvalidInput(f"eventType must be one of {', '.join(sorted(EVENT_TYPES))}.")
    return said or ("OTHER" if run else "")


def _datasets(fields: Fields, name: str) -> tuple[Dataset, ...]:
    found = fields.value.get(name)
    if isinstance(found, list) and len(found) > MOST_DATASETS:
        raise TooLarge(f"{name} has {len(found)} datasets; one event may have {MOST_DATASETS}.")
    return tuple(_dataset(part) for part in fields.parts(name))


def _named(fields: Fields) -> Named:
    return Named(fields.text("namespace"), fields.text("name"))


def _facets(fields: Fields) -> Fields:
    return fields.optional_part("facets") or Fields({}, f"{fields.place}.facets")


def _dataset(fields: Fields) -> Dataset:
    facets = _facets(fields)
    version, storage = facets.optional_part("version"), facets.optional_part("storage")
    kind, change = facets.optional_part("datasetType"), facets.optional_part("lifecycleStateChange")
    said = version.optional_text("datasetVersion") if version else ""
    previous = change.optional_part("previousIdentifier") if change else None
    return Dataset(
        _named(fields),
        version="" if said.strip().lower() in _MOVING else said,
        storage=storage.optional_text("storageLayer").lower() if storage else "",
        is_model=bool(kind) and "MODEL" in _type_of(kind).upper(),
        symlinks=tuple(map(_named, facets.part("symlinks").parts("identifiers"))) if facets.has("symlinks") else (),
        lifecycle=change.optional_text("lifecycleStateChange") if change else "",
        renamed_from=_named(previous) if previous else None,
        made_of=tuple(_sources(facets.part("lineage"))) if facets.has("lineage") else None,
    )


def _type_of(kind: Fields | None) -> str:
    return f"{kind.optional_text('datasetType')} {kind.optional_text('subType')}" if kind else ""


def _sources(fields: Fields) -> Iterator[Named]:
    """The datasets in an explicit list of sources, of the whole or of one of its fields."""
    yield from (_named(source) for source in fields.parts("inputs") if source.value.get("type") == "DATASET")
    columns = fields.optional_part("fields")
    for name in columns.value if columns else ():
        yield from _sources(columns.part(name)) if columns else ()


def _job(fields: Fields) -> Job:
    facets = _facets(fields)
    place, lineage = facets.optional_part("sourceCodeLocation"), facets.optional_part("lineage")
    flows = []
    for entry in lineage.parts("entries") if lineage else ():
        if entry.value.get("type") == "DATASET":
            target = _named(entry)
            flows += [(source, target) for source in _sources(entry)]
    return Job(_named(fields), _code(place) if place else None, tuple(dict.fromkeys(flows)))


def _code(fields: Fields) -> Code | None:
    repository = fields.optional_text("repoUrl") or fields.optional_text("url")
    if not repository:
        return None
    return Code(
        repository,
        fields.optional_text("version"),
        fields.optional_text("path").lstrip("/"),
        fields.optional_text("branch") or fields.optional_text("tag"),
    )


def _run(fields: Fields) -> Run:
    parent = _facets(fields).optional_part("parent")
    if parent is None:
        return Run(_run_id(fields))
    root = parent.optional_part("root")
    return Run(
        _run_id(fields),
        _run_id(parent.part("run")),
        _named(parent.part("job")),
        _run_id(root.part("run")) if root else "",
        _named(root.part("job")) if root else None,
    )


def _run_id(fields: Fields) -> str:
    said = fields.text("runId", longest=60)
    try:
        return str(uuid.UUID(said))
    except ValueError as error:
        raise InvalidInput(f"{fields.place}.runId must be a UUID.") from error
