"""Runs: the endpoints below ``runs/``, and the history of metrics.

What clients log by the thousand is read by the rules of tracking alone, so the lists are only passed on here.
"""

from typing import Any

from accounts.principals import Principal
from mlflow_api.experiments import VIEW_TYPE
from mlflow_api.schema import Anything, Choice, Items, Text, Texts, Whole, takes
from mlflow_api.shapes import page
from mlflow_api.transport import Answer, Body
from mlflow_api.workspaces import project_of
from tracking import operations, queries
from tracking.models import RunStatus
from tracking.queries.heads import DEFAULT_EXPERIMENT_ID
from tracking.rows import RunHead, RunRow

_RUN_ID = Text(required=True, also="run_uuid")
_STATUS = Choice(*RunStatus.values, numbers=dict(enumerate(RunStatus.values, start=1)))


@takes(experiment_id=Text(), run_name=Text(), start_time=Whole(), tags=Items())
def create(actor: Principal, body: Body) -> Answer:
    row = operations.create_run(
        actor,
        project_of(actor, body),
        experiment_id=body.get("experiment_id") or str(DEFAULT_EXPERIMENT_ID),
        name=body.get("run_name"),
        start_time=body.get("start_time"),
        tags=body.get("tags", []),
    )
    return {"run": shown(row)}


@takes(run_id=_RUN_ID)
def get(actor: Principal, body: Body) -> Answer:
    return {"run": shown(queries.get_run(actor, project_of(actor, body), body["run_id"]))}


@takes(run_id=_RUN_ID, status=_STATUS, end_time=Whole(), run_name=Text())
def update(actor: Principal, body: Body) -> Answer:
    run = operations.update_run(
        actor,
        project_of(actor, body),
        body["run_id"],
        status=body.get("status"),
        end_time=body.get("end_time"),
        name=body.get("run_name"),
    )
    return {"run_info": info(run.head)}


@takes(run_id=_RUN_ID)
def delete(actor: Principal, body: Body) -> Answer:
    operations.delete_run(actor, project_of(actor, body), body["run_id"])
    return {}


@takes(run_id=_RUN_ID)
def restore(actor: Principal, body: Body) -> Answer:
    operations.restore_run(actor, project_of(actor, body), body["run_id"])
    return {}


@takes(
    run_id=_RUN_ID,
    key=Anything(),
    value=Anything(),
    timestamp=Anything(),
    step=Anything(),
    model_id=Text(),
    dataset_name=Text(),
    dataset_digest=Text(),
)
def log_metric(actor: Principal, body: Body) -> Answer:
    operations.log_metric(actor, project_of(actor, body), body["run_id"], metric=body)
    return {}


@takes(run_id=_RUN_ID, key=Text(required=True), value=Text())
def log_parameter(actor: Principal, body: Body) -> Answer:
    operations.log_param(actor, project_of(actor, body), body["run_id"], key=body["key"], value=body.get("value"))
    return {}


@takes(run_id=_RUN_ID, metrics=Items(), params=Items(), tags=Items())
def log_batch(actor: Principal, body: Body) -> Answer:
    operations.log_batch(
        actor,
        project_of(actor, body),
        body["run_id"],
        metrics=body.get("metrics", []),
        params=body.get("params", []),
        tags=body.get("tags", []),
    )
    return {}


@takes(run_id=_RUN_ID, key=Text(required=True), value=Text())
def set_tag(actor: Principal, body: Body) -> Answer:
    operations.set_run_tag(actor, project_of(actor, body), body["run_id"], key=body["key"], value=body.get("value"))
    return {}


@takes(run_id=_RUN_ID, key=Text(required=True))
def delete_tag(actor: Principal, body: Body) -> Answer:
    operations.delete_run_tag(actor, project_of(actor, body), body["run_id"], key=body["key"])
    return {}


@takes(run_id=_RUN_ID, model_json=Text(required=True))
def log_model(actor: Principal, body: Body) -> Answer:
    operations.log_model_history(actor, project_of(actor, body), body["run_id"], model=body["model_json"])
    return {}


@takes(run_id=_RUN_ID, datasets=Items(), models=Items())
def log_inputs(actor: Principal, body: Body) -> Answer:
    operations.log_inputs(
        actor,
        project_of(actor, body),
        body["run_id"],
        datasets=body.get("datasets", []),
        models=body.get("models", []),
    )
    return {}


@takes(run_id=_RUN_ID, models=Items(required=True))
def log_outputs(actor: Principal, body: Body) -> Answer:
    operations.log_outputs(actor, project_of(actor, body), body["run_id"], models=body["models"])
    return {}


@takes(
    experiment_ids=Texts(),
    filter=Text(),
    run_view_type=VIEW_TYPE,
    max_results=Whole(),
    order_by=Texts(),
    page_token=Text(),
)
def search(actor: Principal, body: Body) -> Answer:
    found = queries.search_runs(
        actor,
        project_of(actor, body),
        experiment_ids=body.get("experiment_ids", []),
        filter_string=body.get("filter", ""),
        view=queries.RunView(body.get("run_view_type") or queries.RunView.ACTIVE_ONLY),
        order_by=body.get("order_by", []),
        max_results=body.get("max_results", 1000),
        page_token=body.get("page_token", ""),
    )
    return page("runs", map(shown, found.rows), found.next_page_token)


@takes(run_id=_RUN_ID, metric_key=Text(required=True), max_results=Whole(), page_token=Text())
def get_metric_history(actor: Principal, body: Body) -> Answer:
    found = queries.get_metric_history(
        actor,
        project_of(actor, body),
        body["run_id"],
        body["metric_key"],
        max_results=body.get("max_results"),
        page_token=body.get("page_token", ""),
    )
    return page("metrics", found.rows, found.next_page_token)


def shown(run: RunRow) -> dict[str, Any]:
    """A run as the protocol writes it: what is empty stays out, but for the four parts themselves."""
    data: dict[str, Any] = {}
    if run.metrics:
        data["metrics"] = run.metrics
    if run.params:
        data["params"] = run.params
    if run.tags:
        data["tags"] = run.tags
    inputs: dict[str, Any] = {}
    if run.dataset_inputs:
        inputs["dataset_inputs"] = run.dataset_inputs
    if run.model_inputs:
        inputs["model_inputs"] = run.model_inputs
    outputs = {"model_outputs": run.model_outputs} if run.model_outputs else {}
    return {"info": info(run.head), "data": data, "inputs": inputs, "outputs": outputs}


def info(run: RunHead) -> dict[str, Any]:
    """What a run is, without what was logged to it."""
    row: dict[str, Any] = {
        "run_id": run.uid,
        "run_uuid": run.uid,
        "experiment_id": str(run.experiment_id),
        "run_name": run.name,
        "user_id": run.owner_name,
        "status": run.status,
        "start_time": run.start_time,
        "artifact_uri": run.artifact_uri,
        "lifecycle_stage": run.lifecycle_stage,
    }
    if run.end_time is not None:
        row["end_time"] = run.end_time
    return row
