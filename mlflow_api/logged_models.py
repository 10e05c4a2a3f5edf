"""Logged models: the endpoints below ``logged-models``."""

from typing import Any

from accounts.principals import Principal
from mlflow_api.schema import Choice, Flag, Items, Records, Text, Texts, Whole, takes
from mlflow_api.shapes import page
from mlflow_api.transport import Answer, Body
from mlflow_api.workspaces import project_of
from tracking import operations, queries
from tracking.models import LoggedModelStatus
from tracking.rows import LoggedModelRow

_STATUS = Choice(*LoggedModelStatus.values, numbers=dict(enumerate(LoggedModelStatus.values, start=1)), required=True)
_DATASET_NAME, _DATASET_DIGEST = Text(), Text()


@takes(
    experiment_id=Text(required=True),
    name=Text(),
    model_type=Text(),
    source_run_id=Text(),
    params=Items(),
    tags=Items(),
)
def create(actor: Principal, body: Body) -> Answer:
    model = operations.create_logged_model(
        actor,
        project_of(actor, body),
        experiment_id=body["experiment_id"],
        name=body.get("name"),
        model_type=body.get("model_type"),
        source_run_id=body.get("source_run_id"),
        params=body.get("params", []),
        tags=body.get("tags", []),
    )
    body["model_id"] = model.uid
    return get(actor, body)


def get(actor: Principal, body: Body) -> Answer:
    return {"model": shown(queries.get_logged_model(actor, project_of(actor, body), body["model_id"]))}


@takes(status=_STATUS)
def finalize(actor: Principal, body: Body) -> Answer:
    operations.finalize_logged_model(actor, project_of(actor, body), body["model_id"], status=body["status"])
    return get(actor, body)


def delete(actor: Principal, body: Body) -> Answer:
    operations.delete_logged_model(actor, project_of(actor, body), body["model_id"])
    return {}


@takes(params=Items())
def log_params(actor: Principal, body: Body) -> Answer:
    project = project_of(actor, body)
    operations.log_logged_model_params(actor, project, body["model_id"], params=body.get("params", []))
    return {}


@takes(tags=Items())
def set_tags(actor: Principal, body: Body) -> Answer:
    operations.set_logged_model_tags(actor, project_of(actor, body), body["model_id"], tags=body.get("tags", []))
    return get(actor, body)


def delete_tag(actor: Principal, body: Body) -> Answer:
    operations.delete_logged_model_tag(actor, project_of(actor, body), body["model_id"], key=body["key"])
    return {}


@takes(
    experiment_ids=Texts(required=True),
    filter=Text(),
    datasets=Records(dataset_name=_DATASET_NAME, dataset_digest=_DATASET_DIGEST),
    order_by=Records(
        field_name=Text(required=True),
        ascending=Flag(),
        dataset_name=_DATASET_NAME,
        dataset_digest=_DATASET_DIGEST,
    ),
    max_results=Whole(),
    page_token=Text(),
)
def search(actor: Principal, body: Body) -> Answer:
    found = queries.search_logged_models(
        actor,
        project_of(actor, body),
        experiment_ids=body["experiment_ids"],
        filter_string=body.get("filter", ""),
        datasets=body.get("datasets", []),
        order_by=body.get("order_by", []),
        max_results=body.get("max_results", 100),
        page_token=body.get("page_token", ""),
    )
    return page("models", map(shown, found.rows), found.next_page_token)


def shown(model: LoggedModelRow) -> dict[str, Any]:
    """A logged model as the protocol writes it."""
    info: dict[str, Any] = {
        "model_id": model.uid,
        "experiment_id": str(model.experiment_id),
        "name": model.name,
        "creation_timestamp_ms": model.creation_time,
        "last_updated_timestamp_ms": model.last_update_time,
        "artifact_uri": model.artifact_uri,
        "status": model.status,
        "model_type": model.model_type,
        "source_run_id": model.source_run_id,
    }
    if model.status_message:
        info["status_message"] = model.status_message
    if model.tags:
        info["tags"] = model.tags
    data: dict[str, Any] = {}
    if model.params:
        data["params"] = model.params
    if model.metrics:
        data["metrics"] = model.metrics
    return {"info": info, "data": data}
