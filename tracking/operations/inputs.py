"""Saying what a run read and made."""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.exceptions import InvalidInput
from audit.operation import bulk_write
from tracking.lineage import capture_inputs, capture_outputs
from tracking.models import Dataset, RunInput, RunInputTag, RunModelInput, RunOutput
from tracking.operations.active import loggable_run
from tracking.operations.model_metrics import require_on_each
from tracking.queries.heads import find_logged_models
from tracking.rows import RunHead
from tracking.rules import DatasetInput, read_dataset_inputs, read_int64

Items = Sequence[Mapping[str, Any]]


@bulk_write
def log_inputs(actor: Principal, project: Project, run_id: str, *, datasets: Items = (), models: Items = ()) -> None:
    """Say which datasets and logged models a run read; what was said before stays as it is.

    A dataset is ``{"dataset": {name, digest, source_type, source, schema?, profile?}, "tags": [{key, value}]}``,
    a model ``{"model_id"}``. Raises InvalidInput, NotActive, NoSuchRun and NoSuchLoggedModel.
    """
    run = loggable_run(project, run_id)
    inputs = read_dataset_inputs(datasets)
    read_models = find_logged_models(project, {_model_id(model) for model in models})
    require_on_each(Action.VIEW, read_models.values())
    if inputs:
        _add_datasets(run, inputs)
    RunModelInput.objects.bulk_create(
        (RunModelInput(run_id=run.pk, logged_model=model) for model in read_models.values()), ignore_conflicts=True
    )
    capture_inputs(actor, project, run, inputs, read_models.values())


@bulk_write
def log_outputs(actor: Principal, project: Project, run_id: str, *, models: Items) -> None:
    """Say which logged models a run made, each as ``{"model_id", "step"?}``.

    Raises InvalidInput, NotActive, NoSuchRun and NoSuchLoggedModel.
    """
    run = loggable_run(project, run_id)
    made = find_logged_models(project, {_model_id(model) for model in models})
    require_on_each(Action.WRITE, made.values())
    RunOutput.objects.bulk_create(
        (
            RunOutput(
                run_id=run.pk, logged_model=made[model["model_id"]], step=read_int64(model.get("step", 0), "step")
            )
            for model in models
        ),
        ignore_conflicts=True,
    )
    capture_outputs(run, made.values())


def _model_id(item: Any) -> str:
    model_id = item.get("model_id") if isinstance(item, Mapping) else None
    if not isinstance(model_id, str):
        raise InvalidInput("Missing value for required parameter 'models.model_id'.")
    return model_id


def _add_datasets(run: RunHead, inputs: Sequence[DatasetInput]) -> None:
    """Add the datasets that are new to the experiment, the inputs that are new to the run, and the tags of these."""
    datasets = _datasets(run, inputs)
    known = set(
        RunInput.objects.filter(run_id=run.pk, dataset__in=datasets.values()).values_list("dataset_id", flat=True)
    )
    new = {pk: item for item in inputs if (pk := datasets[item.name, item.digest]) not in known}
    RunInput.objects.bulk_create((RunInput(run_id=run.pk, dataset_id=pk) for pk in new), ignore_conflicts=True)
    rows = RunInput.objects.filter(run_id=run.pk, dataset_id__in=new).values_list("pk", "dataset_id")
    RunInputTag.objects.bulk_create(
        (
            RunInputTag(input_id=pk, key=key, value=value)
            for pk, dataset in rows
            for key, value in new[dataset].tags.items()
        ),
        ignore_conflicts=True,
    )


def _datasets(run: RunHead, inputs: Sequence[DatasetInput]) -> dict[tuple[str, str], int]:
    """The primary keys of the datasets, by name and digest, made where they are new."""
    Dataset.objects.bulk_create(
        (
            Dataset(
                experiment_id=run.experiment_id,
                name=item.name,
                digest=item.digest,
                source_type=item.source_type,
                source=item.source,
                schema=item.schema,
                profile=item.profile,
            )
            for item in inputs
        ),
        ignore_conflicts=True,
    )
    rows = Dataset.objects.filter(experiment_id=run.experiment_id, name__in={item.name for item in inputs})
    return {(name, digest): pk for pk, name, digest in rows.values_list("pk", "name", "digest")}
