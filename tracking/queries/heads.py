"""Finds experiments, runs and logged models by the ids that clients know, within a project."""

import re
from collections.abc import Iterable
from typing import Any, Final

from django.db import connection
from django.db.models import F, Q

from accounts.models import Project
from accounts.operations.projects import DEFAULT_PROJECT
from accounts.principals import Principal
from tracking.exceptions import NoSuchExperiment, NoSuchLoggedModel, NoSuchRun
from tracking.models import Experiment, Lifecycle, LoggedModel, Run
from tracking.rows import RunHead
from tracking.rules import read_experiment_id
from tracking.search.lookups import AnyOf

#: The experiment of runs that name none, which MLflow's clients know by heart.
DEFAULT_EXPERIMENT_ID: Final = 0
DEFAULT_EXPERIMENT_NAME: Final = "Default"

_RUN_UID = re.compile(r"[0-9a-f]{32}")
_MODEL_UID = re.compile(r"m-[0-9a-f]{32}")

#: The columns of a `RunHead`, in its order, and the tables they come from.
HEAD_COLUMNS = """
r.id, r.uid, r.name, r.status, r.start_time, r.end_time, r.lifecycle_stage, r.artifact_uri, r.owner_id,
COALESCE(u.username, ''), r.experiment_id, e.project_id, e.lifecycle_stage
"""
_HEAD = f"""
SELECT {HEAD_COLUMNS} FROM tracking_run r
JOIN tracking_experiment e ON e.id = r.experiment_id LEFT JOIN accounts_user u ON u.id = r.owner_id
WHERE r.uid = %s AND e.project_id = %s
"""  # noqa: S608  # made of constants


def with_experiment_ids(project: Project, experiment_ids: Iterable[str]) -> Q:
    """The condition on a project's experiments for the ids that a client wrote. Raises InvalidInput.

    The id 0, which clients use when nobody chose an experiment, means in every other project than the default one the
    experiment of the name ``Default``.
    """
    numbers = {read_experiment_id(experiment_id) for experiment_id in experiment_ids}
    named = Q()
    if DEFAULT_EXPERIMENT_ID in numbers and project.slug != DEFAULT_PROJECT:
        numbers.remove(DEFAULT_EXPERIMENT_ID)
        named = Q(name=DEFAULT_EXPERIMENT_NAME)
    numbered = Q(pk=min(numbers)) if len(numbers) == 1 else Q(AnyOf(F("pk"), numbers))
    return Q(project=project) & ((numbered | named) if numbers or not named else named)


def visible_experiments(
    principal: Principal, project: Project, experiment_ids: Iterable[str]
) -> list[tuple[int, Lifecycle]]:
    """The experiments among these that the principal may see, and which of them are deleted. Raises InvalidInput."""
    ids = list(experiment_ids)
    rows = Experiment.objects.visible_to(principal).filter(with_experiment_ids(project, ids))
    found = rows.order_by("pk").values_list("pk", "lifecycle_stage") if ids else ()
    return [(pk, Lifecycle(lifecycle)) for pk, lifecycle in found]


def find_run_head(project: Project, run_id: str) -> RunHead:
    """The run with this id in the project; one plain query. Raises NoSuchRun."""
    row: tuple[Any, ...] | None = None
    if _RUN_UID.fullmatch(run_id):
        with connection.cursor() as cursor:
            cursor.execute(_HEAD, [run_id, project.pk])
            row = cursor.fetchone()
    if row is None:
        raise NoSuchRun(f"Run with id={run_id[:80]} not found.")
    return RunHead(*row)


def hold_run(project: Project, run_id: str) -> Run:
    """The run with this id and its experiment, held until the transaction ends. Raises NoSuchRun."""
    rows = Run.objects.select_related("experiment", "owner").select_for_update(of=("self",))
    run = rows.filter(uid=run_id, experiment__project=project).first() if _RUN_UID.fullmatch(run_id) else None
    if run is None:
        raise NoSuchRun(f"Run with id={run_id[:80]} not found.")
    return run


def find_experiment(project: Project, experiment_id: str) -> Experiment:
    """The experiment with this id in the project, deleted or not. Raises InvalidInput and NoSuchExperiment."""
    experiment = Experiment.objects.filter(with_experiment_ids(project, [experiment_id])).first()
    if experiment is None:
        raise NoSuchExperiment(f"No Experiment with id={experiment_id} exists.")
    return experiment


def hold_experiment(project: Project, experiment_id: str) -> Experiment:
    """As `find_experiment`, held until the transaction ends."""
    rows = Experiment.objects.select_for_update(of=("self",))
    experiment = rows.filter(with_experiment_ids(project, [experiment_id])).first()
    if experiment is None:
        raise NoSuchExperiment(f"No Experiment with id={experiment_id} exists.")
    return experiment


def hold_logged_model(project: Project, model_id: str) -> LoggedModel:
    """The logged model with this id, held until the transaction ends. Raises NoSuchLoggedModel, also when deleted."""
    rows = LoggedModel.objects.select_related("experiment").select_for_update(of=("self",))
    model = None
    if _MODEL_UID.fullmatch(model_id):
        model = rows.filter(uid=model_id, experiment__project=project, lifecycle_stage=Lifecycle.ACTIVE).first()
    if model is None:
        raise NoSuchLoggedModel(f"Logged model with ID {model_id[:80]!r} not found.")
    return model


def find_logged_models(project: Project, model_ids: set[str]) -> dict[str, LoggedModel]:
    """The logged models with these ids. Raises NoSuchLoggedModel when one of them is not there or deleted."""
    known = {model_id for model_id in model_ids if _MODEL_UID.fullmatch(model_id)}
    rows = LoggedModel.objects.select_related("experiment").filter(
        uid__in=known, experiment__project=project, lifecycle_stage=Lifecycle.ACTIVE
    )
    found = {model.uid: model for model in rows} if known else {}
    for model_id in model_ids:
        if model_id not in found:
            raise NoSuchLoggedModel(f"Logged model with ID {model_id[:80]!r} not found.")
    return found
