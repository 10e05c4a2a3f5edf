"""Experiments: the endpoints below ``experiments/``."""

from typing import Any

from accounts.principals import Principal
from mlflow_api.schema import Choice, Text, Texts, Whole, pairs, takes
from mlflow_api.shapes import page
from mlflow_api.transport import Answer, Body
from mlflow_api.workspaces import project_of
from tracking import operations, queries
from tracking.rows import ExperimentRow

_ID = Text(required=True)
#: Which lifecycle stages a view shows; clients send the name or the number.
VIEW_TYPE = Choice("ACTIVE_ONLY", "DELETED_ONLY", "ALL", numbers={1: "ACTIVE_ONLY", 2: "DELETED_ONLY", 3: "ALL"})


@takes(name=Text(required=True), artifact_location=Text(), tags=pairs())
def create(actor: Principal, body: Body) -> Answer:
    experiment = operations.create_experiment(
        actor,
        project_of(actor, body),
        name=body["name"],
        artifact_location=body.get("artifact_location"),
        tags=body.get("tags", []),
    )
    return {"experiment_id": str(experiment.pk)}


@takes(experiment_id=_ID)
def get(actor: Principal, body: Body) -> Answer:
    project = project_of(actor, body)
    return {"experiment": shown(queries.get_experiment(actor, project, body["experiment_id"]), project.slug)}


@takes(experiment_name=Text(required=True))
def get_by_name(actor: Principal, body: Body) -> Answer:
    project = project_of(actor, body)
    return {"experiment": shown(queries.get_experiment_by_name(actor, project, body["experiment_name"]), project.slug)}


@takes(max_results=Whole(required=True), filter=Text(), order_by=Texts(), view_type=VIEW_TYPE, page_token=Text())
def search(actor: Principal, body: Body) -> Answer:
    project = project_of(actor, body)
    found = queries.search_experiments(
        actor,
        project,
        filter_string=body.get("filter", ""),
        order_by=body.get("order_by", []),
        view=queries.ExperimentView(body.get("view_type") or queries.ExperimentView.ACTIVE_ONLY),
        max_results=body["max_results"],
        page_token=body.get("page_token", ""),
    )
    return page("experiments", (shown(row, project.slug) for row in found.rows), found.next_page_token)


@takes(experiment_id=_ID, new_name=Text(required=True))
def update(actor: Principal, body: Body) -> Answer:
    operations.rename_experiment(actor, project_of(actor, body), body["experiment_id"], name=body["new_name"])
    return {}


@takes(experiment_id=_ID)
def delete(actor: Principal, body: Body) -> Answer:
    operations.delete_experiment(actor, project_of(actor, body), body["experiment_id"])
    return {}


@takes(experiment_id=_ID)
def restore(actor: Principal, body: Body) -> Answer:
    operations.restore_experiment(actor, project_of(actor, body), body["experiment_id"])
    return {}


@takes(experiment_id=_ID, key=Text(required=True), value=Text())
def set_tag(actor: Principal, body: Body) -> Answer:
    operations.set_experiment_tag(
        actor, project_of(actor, body), body["experiment_id"], key=body["key"], value=body.get("value")
    )
    return {}


@takes(experiment_id=_ID, key=Text(required=True))
def delete_tag(actor: Principal, body: Body) -> Answer:
    operations.delete_experiment_tag(actor, project_of(actor, body), body["experiment_id"], key=body["key"])
    return {}


def shown(experiment: ExperimentRow, workspace: str) -> dict[str, Any]:
    """An experiment as the protocol writes it."""
    row: dict[str, Any] = {
        "experiment_id": str(experiment.pk),
        "name": experiment.name,
        "artifact_location": experiment.artifact_location,
        "lifecycle_stage": experiment.lifecycle_stage,
        "last_update_time": experiment.last_update_time,
        "creation_time": experiment.creation_time,
        "workspace": workspace,
    }
    if experiment.tags:
        row["tags"] = experiment.tags
    return row
