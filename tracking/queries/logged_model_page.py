"""Everything on the page of a logged model, in a fixed number of queries."""

from dataclasses import dataclass
from typing import Final

from accounts.principals import Principal
from artifacts.models import ArtifactSpace
from tracking.descendants import Descendant, descendants_of
from tracking.exceptions import NoSuchLoggedModel
from tracking.models import Lifecycle, LoggedModel, LoggedModelMetric, LoggedModelParam, LoggedModelTag, Run
from tracking.queries.logged import MOST_LINES, Pair, Part, Tags, pairs, split_tags
from tracking.queries.run_page import as_float

#: How many of the newest measurements are looked at for the latest of each metric.
_RECENT: Final = 5_000
_MOST_READERS: Final = 20


@dataclass(frozen=True, slots=True)
class ModelMetric:
    """The latest value of a metric of a logged model on one dataset, if any, and the run that measured it."""

    key: str
    value: float
    step: int
    timestamp: int
    run_uid: str
    dataset: str
    digest: str


@dataclass(frozen=True, slots=True)
class LoggedModelTop:
    """A logged model with what stands at the top of each of its pages."""

    model: LoggedModel
    file_count: int
    byte_count: int

    @property
    def maker(self) -> Run | None:
        """The run that made it, if whoever sees the model sees the run: rights lie with experiments."""
        run = self.model.source_run
        return run if run is not None and run.experiment_id == self.model.experiment_id else None


@dataclass(frozen=True, slots=True)
class LoggedModelPage:
    """A logged model with what its page shows of it."""

    metrics: list[ModelMetric]
    params: Part[Pair]
    tags: Tags
    #: Runs that used it, the newest first, and whether there are more.
    readers: list[Run]
    more_readers: bool
    descendants: list[Descendant]


def find_logged_model(principal: Principal, uid: str) -> LoggedModel:
    """The logged model with its experiment, project, owner and run. Raises NoSuchLoggedModel, also when deleted."""
    rows = LoggedModel.objects.visible_to(principal).filter(uid=uid, lifecycle_stage=Lifecycle.ACTIVE)
    model = rows.select_related("experiment__project", "owner", "source_run").first()
    if model is None:
        raise NoSuchLoggedModel(f"There is no logged model {uid}, or you may not see it.")
    return model


def logged_model_top(model: LoggedModel) -> LoggedModelTop:
    """What stands at the top of each page of a logged model; one query."""
    space = ArtifactSpace.objects.filter(uid=model.uid).values_list("file_count", "byte_count").first()
    return LoggedModelTop(model, *(space or (0, 0)))


def logged_model_page(principal: Principal, model: LoggedModel, *, find: str = "") -> LoggedModelPage:
    """What is known of a logged model; ``find`` keeps the params and tags that hold it."""
    params = LoggedModelParam.objects.filter(logged_model=model).values("key", "value")
    tags = LoggedModelTag.objects.filter(logged_model=model).values("key", "value")
    # Rights lie with experiments, so runs of others are named only where they may be seen.
    readers = Run.objects.visible_to(principal).filter(model_inputs__logged_model=model).order_by("-start_time")
    shown = list(readers[: _MOST_READERS + 1])
    return LoggedModelPage(
        _latest_metrics(model),
        pairs(params, find),
        split_tags(tags, find),
        shown[:_MOST_READERS],
        len(shown) > _MOST_READERS,
        descendants_of(principal, [model.uid]).get(model.uid, []),
    )


def _latest_metrics(model: LoggedModel) -> list[ModelMetric]:
    """The latest value of each metric on each dataset, among the newest measurements."""
    rows = LoggedModelMetric.objects.filter(logged_model=model).order_by("-timestamp", "-step", "-pk")
    columns = ("key", "value", "is_nan", "step", "timestamp", "run__uid", "dataset_name", "dataset_digest")
    latest: dict[tuple[str, str, str], ModelMetric] = {}
    for key, value, is_nan, step, timestamp, run, dataset, digest in rows.values_list(*columns)[:_RECENT]:
        number = float("nan") if is_nan else as_float(value)
        latest.setdefault((key, dataset, digest), ModelMetric(key, number, step, timestamp, run, dataset, digest))
    return [latest[place] for place in sorted(latest)][:MOST_LINES]
