"""Reads experiments: one by id or name, and lists that are filtered, ordered and cut into pages."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from django.db.models import QuerySet

from accounts.models import Project
from accounts.principals import Principal
from tracking.exceptions import NoSuchExperiment
from tracking.models import Experiment, ExperimentTag, Lifecycle
from tracking.queries.heads import with_experiment_ids
from tracking.rows import ExperimentRow
from tracking.search.pages import Page, check_max_results, offset_token, read_offset
from tracking.search.specs import EXPERIMENTS

MOST_RESULTS: Final = 50_000
#: The tag in which MLflow's clients keep what an experiment is about, in Markdown.
NOTE_TAG: Final = "mlflow.note.content"

_COLUMNS: Final = ("pk", "name", "artifact_location", "lifecycle_stage", "creation_time", "last_update_time")


class ExperimentView(StrEnum):
    """Whether deleted experiments are wanted, in the words of MLflow's protocol."""

    ACTIVE_ONLY = "ACTIVE_ONLY"
    DELETED_ONLY = "DELETED_ONLY"
    ALL = "ALL"


def get_experiment(principal: Principal, project: Project, experiment_id: str) -> ExperimentRow:
    """An experiment with its tags; deleted ones too. Raises NoSuchExperiment, also when they may not see it."""
    rows = _visible(principal, project).filter(with_experiment_ids(project, [experiment_id]))
    return _only(rows, f"No Experiment with id={experiment_id} exists.")


def get_experiment_by_name(principal: Principal, project: Project, name: str) -> ExperimentRow:
    """As `get_experiment`, by name."""
    rows = _visible(principal, project).filter(name=name) if "\x00" not in name else Experiment.objects.none()
    return _only(rows, f"Could not find experiment with name {name[:200]!r}.")


def find_visible_experiment(principal: Principal, pk: int) -> Experiment:
    """The experiment with this number, its project and owner, in whatever project. Raises NoSuchExperiment."""
    visible = Experiment.objects.visible_to(principal).select_related("project", "owner")
    experiment = visible.filter(pk=pk).first()
    if experiment is None:
        raise NoSuchExperiment(f"There is no experiment {pk}, or you may not see it.")
    return experiment


def note_of(experiment: Experiment) -> str:
    """What the experiment is about, in Markdown."""
    return experiment.tags.filter(key=NOTE_TAG).values_list("value", flat=True).first() or ""


def search_experiments(
    principal: Principal,
    project: Project,
    *,
    filter_string: str = "",
    order_by: Sequence[str] = (),
    view: ExperimentView = ExperimentView.ACTIVE_ONLY,
    max_results: int,
    page_token: str = "",
) -> Page[ExperimentRow]:
    """The experiments that the principal may see and that match the filter, the newest first. Raises InvalidInput.

    Two queries, whatever the size of the page.
    """
    check_max_results(max_results, MOST_RESULTS)
    offset = read_offset(page_token)
    rows = _visible(principal, project).filter(EXPERIMENTS.q(filter_string))
    if view != ExperimentView.ALL:
        rows = rows.filter(lifecycle_stage=_LIFECYCLES[view])
    default = ("creation_time DESC", "experiment_id ASC")
    rows = rows.order_by(*EXPERIMENTS.order_by(order_by, default=default, tie_breaker="-pk"))
    found = _read(rows[offset : offset + max_results + 1])
    more = len(found) > max_results
    return Page(_with_tags(found[:max_results]), offset_token(offset + max_results) if more else "")


_LIFECYCLES: Final = {
    ExperimentView.ACTIVE_ONLY: Lifecycle.ACTIVE,
    ExperimentView.DELETED_ONLY: Lifecycle.DELETED,
}


def _visible(principal: Principal, project: Project) -> QuerySet[Experiment]:
    return Experiment.objects.visible_to(principal).filter(project=project)


def _only(rows: QuerySet[Experiment], otherwise: str) -> ExperimentRow:
    found = _with_tags(_read(rows[:1]))
    if not found:
        raise NoSuchExperiment(otherwise)
    return found[0]


def _read(rows: QuerySet[Experiment]) -> list[ExperimentRow]:
    return [ExperimentRow(*row) for row in rows.values_list(*_COLUMNS)]


def _with_tags(rows: Iterable[ExperimentRow]) -> list[ExperimentRow]:
    by_pk = {row.pk: row for row in rows}
    tags = ExperimentTag.objects.filter(experiment_id__in=list(by_pk)).order_by("experiment_id", "key")
    for pk, key, value in tags.values_list("experiment_id", "key", "value") if by_pk else ():
        by_pk[pk].tags.append({"key": key, "value": value})
    return list(by_pk.values())
