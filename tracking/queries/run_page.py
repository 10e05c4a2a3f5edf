"""Everything on the page of a run. The number of queries does not depend on how much was logged."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from accounts.principals import Principal
from artifacts.models import ArtifactSpace
from tracking.columns import PARENT_TAG
from tracking.descendants import Descendant, descendants_of
from tracking.exceptions import NoSuchRun
from tracking.expressions import ValueStart
from tracking.models import LatestMetric, Lifecycle, LoggedModel, Run, RunStatus, RunTag
from tracking.queries import children
from tracking.queries.datasets import DatasetInput, dataset_input, fitting
from tracking.queries.logged import Pair, Part, Tags, pairs, part_of, split_tags
from tracking.rows import Item, RunRow, head_of
from tracking.rules import now

#: Points of a run whose lowest and highest are looked for; of more, only the latest values are shown.
CHEAP_POINTS: Final = 20_000
MOST_DATASETS: Final = 20
#: How many curves the first page of a run shows, and from how many lines on it offers to look for one.
FIRST_CURVES: Final = 4
_LONG: Final = 40
#: Of more children than this the page does not say how many there are.
MOST_COUNTED: Final = 1_000
#: As large as databases of MLflow keep infinity.
_INFINITE: Final = 1.797e308

_EXTREMES: Final = """
SELECT s.key, MIN(p.value), MAX(p.value), COUNT(*) FROM (
    SELECT m.series_id, m.value FROM tracking_latestmetric l JOIN tracking_metric m ON m.series_id = l.id
    WHERE l.run_id = %s AND NOT m.is_nan LIMIT %s
) p JOIN tracking_latestmetric s ON s.id = p.series_id GROUP BY s.key
"""
_OF_MACHINE: Final = "system/"
_AT_WORK: Final = frozenset({RunStatus.RUNNING, RunStatus.SCHEDULED})
_HOUR: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class MetricLine:
    """A metric with its latest value; the others are None where finding them would be dear."""

    key: str
    value: float
    step: int
    timestamp: int
    lowest: float | None = None
    highest: float | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where the code came from, as the client said."""

    name: str
    kind: str
    commit: str
    repository: str
    branch: str


@dataclass(frozen=True, slots=True)
class ModelLink:
    """A logged model that a run made (at ``step``) or used."""

    uid: str
    name: str
    status: str
    model_type: str
    step: int | None = None


@dataclass(frozen=True, slots=True)
class RunTop:
    """A run with what stands at the top of each of its pages."""

    run: Run
    child_count: int
    file_count: int
    byte_count: int

    @property
    def duration(self) -> int | None:
        """How long it took, or has been at work, in milliseconds."""
        return duration_of(self.run)

    @property
    def many_children(self) -> bool:
        """Whether there are more children than were counted."""
        return self.child_count > MOST_COUNTED

    @property
    def refresh(self) -> int:
        """Every how many seconds a page looks again; 0 for a run that has ended."""
        if self.run.status not in _AT_WORK or not self.run.is_active:
            return 0
        return 5 if now() - self.run.start_time < _HOUR else 30


@dataclass(slots=True)
class RunPage:
    """A run with what its page shows of it."""

    metrics: Part[MetricLine]
    #: What MLflow's client measured of the machine.
    machine: Part[MetricLine]
    params: Part[Pair]
    tags: Tags
    source: Source
    find: str = ""
    datasets: list[DatasetInput] = field(default_factory=list)
    more_datasets: int = 0
    models_read: list[ModelLink] = field(default_factory=list)
    models_made: list[ModelLink] = field(default_factory=list)
    parent: Run | None = None
    descendants: list[Descendant] = field(default_factory=list)

    @property
    def curve_keys(self) -> list[str]:
        """The first metrics that have more than one point, as far as that is known."""
        return [line.key for line in self.metrics.lines if (line.points or line.step) > 1][:FIRST_CURVES]

    @property
    def is_long(self) -> bool:
        """Whether there is so much of it that one wants to look for something."""
        return bool(self.find) or self.metrics.total + self.params.total + self.tags.own.total > _LONG

    @property
    def has_extremes(self) -> bool:
        """Whether lowest and highest values are known and say more than the latest."""
        return any((line.points or 0) > 1 for line in self.metrics.lines)


def find_run(principal: Principal, uid: str) -> Run:
    """The run with its experiment, project and owner; deleted ones too. Raises NoSuchRun, also for the unseen."""
    rows = Run.objects.visible_to(principal).select_related("experiment__project", "owner")
    run = rows.filter(uid=uid).first()
    if run is None:
        raise NoSuchRun(f"There is no run {uid}, or you may not see it.")
    return run


def run_top(run: Run) -> RunTop:
    """What stands at the top of each page of a run; two queries."""
    space = ArtifactSpace.objects.filter(uid=run.uid).values_list("file_count", "byte_count").first()
    return RunTop(run, _count_children(run), *(space or (0, 0)))


def run_page(principal: Principal, run: Run, *, find: str = "") -> RunPage:
    """What was logged to a run; ``find`` keeps the metrics, params and tags that hold it."""
    row = RunRow(head_of(run))
    children.fill({run.pk: row})
    said = {item["key"]: item["value"] for item in row.tags}
    page = RunPage(
        *metric_lines(run, row.metrics, find),
        pairs(row.params, find),
        split_tags(row.tags, find),
        _source(said),
        find,
        fitting(dataset_input(item) for item in row.dataset_inputs[:MOST_DATASETS]),
        max(0, len(row.dataset_inputs) - MOST_DATASETS),
    )
    page.models_read, page.models_made = _models(principal, row)
    page.parent = _parent(run, said.get(PARENT_TAG, ""))
    page.descendants = descendants_of(principal, [run.uid]).get(run.uid, [])
    return page


def duration_of(run: Any) -> int | None:
    """How long a run took, or has been at work; None when its times make no sense."""
    end = run.end_time if run.end_time is not None else now() if run.status in _AT_WORK else None
    return None if end is None or not run.start_time or end < run.start_time else end - run.start_time


def metric_lines(run: Run, metrics: list[Item], find: str = "") -> tuple[Part[MetricLine], Part[MetricLine]]:
    """The metrics of the script and those of the machine, with lowest and highest values where cheap; one query."""
    extremes = _extremes(run) if metrics else {}
    own = [item for item in metrics if not _is_of_machine(item["key"])]
    of_machine = [item for item in metrics if _is_of_machine(item["key"])]
    script, machine = (
        part_of(items, find, lambda item: str(item["key"]), lambda item: _metric(item, extremes))
        for items in (own, of_machine)
    )
    return script, machine


def metrics_of(run: Run, *, find: str = "", keys: Sequence[str] = ()) -> Part[MetricLine]:
    """The latest values of the metrics, of these keys or those that hold ``find``; one query."""
    rows = LatestMetric.objects.filter(run=run)
    wanted = [key for key in keys if "\x00" not in key]
    rows = rows.filter(key__in=wanted) if wanted else rows
    items = [
        {**item, "value": "NaN" if item["is_nan"] else item["value"]}
        for item in rows.values("key", "value", "is_nan", "step", "timestamp")
    ]
    part = part_of(items, find, lambda item: str(item["key"]), lambda item: _metric(item, {}))
    # Real curves come first, and what the machine did last.
    part.lines.sort(key=lambda line: (_is_of_machine(line.key), not line.step, line.key))
    return part


def _is_of_machine(key: str) -> bool:
    return key.startswith(_OF_MACHINE)


def _metric(item: Mapping[str, Any], extremes: dict[str, tuple[float, float, int]]) -> MetricLine:
    key = item["key"]
    lowest, highest, points = extremes.get(key, (None, None, None))
    return MetricLine(key, as_float(item["value"]), item["step"], item["timestamp"], lowest, highest, points)


def as_float(value: Any) -> float:
    """A metric's value as a number: not a number, and infinite, where it is that."""
    number = float(value)
    return math.copysign(math.inf, number) if abs(number) >= _INFINITE else number


def _extremes(run: Run) -> dict[str, tuple[float, float, int]]:
    """Lowest, highest and number of points by key; nothing when there are too many points to look at them all."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTREMES, [run.pk, CHEAP_POINTS + 1])
        rows = cursor.fetchall()
    if sum(points for *_, points in rows) > CHEAP_POINTS:
        return {}
    return {key: (as_float(lowest), as_float(highest), points) for key, lowest, highest, points in rows}


def _source(said: dict[str, str]) -> Source:
    return Source(
        name=said.get("mlflow.source.name", "")[:300],
        kind=said.get("mlflow.source.type", "")[:40],
        commit=said.get("mlflow.source.git.commit", "")[:64],
        repository=said.get("mlflow.source.git.repoURL", "")[:300],
        branch=said.get("mlflow.source.git.branch", "")[:100],
    )


def _models(principal: Principal, row: RunRow) -> tuple[list[ModelLink], list[ModelLink]]:
    """The logged models that a run used and made; deleted and unseen ones are left out. One query."""
    uids = {item["model_id"] for item in (*row.model_inputs, *row.model_outputs)}
    visible = LoggedModel.objects.visible_to(principal).filter(lifecycle_stage=Lifecycle.ACTIVE)
    known = visible.filter(uid__in=uids) if uids else ()
    models = {model.uid: model for model in known}
    read = [_link(models[item["model_id"]]) for item in row.model_inputs if item["model_id"] in models]
    made = [_link(models[item["model_id"]], item["step"]) for item in row.model_outputs if item["model_id"] in models]
    return read, made


def _link(model: LoggedModel, step: int | None = None) -> ModelLink:
    return ModelLink(model.uid, model.name, model.status, model.model_type, step)


def _parent(run: Run, uid: str) -> Run | None:
    """The run that this one is a part of, within the experiment, whose rights are the same."""
    return Run.objects.filter(uid=uid[:32], experiment=run.experiment_id).first() if uid else None


def _count_children(run: Run) -> int:
    """How many runs name this one as their parent, as far as they are counted."""
    named = RunTag.objects.alias(start=ValueStart("value"))
    children_of = named.filter(experiment=run.experiment_id, key=PARENT_TAG, start=run.uid)
    return children_of.filter(run__lifecycle_stage=Lifecycle.ACTIVE)[: MOST_COUNTED + 1].count()
