"""Registered models: the endpoints below ``registered-models/``."""

from typing import Any

from accounts.principals import Principal
from mlflow_api import model_versions
from mlflow_api.schema import NumberText, Text, Texts, Whole, pairs, takes
from mlflow_api.shapes import page, tag_list, tags_in
from mlflow_api.transport import Answer, Body
from mlflow_api.workspaces import project_of
from registry import operations, queries
from registry.models import RegisteredModel
from registry.queries import ModelRow
from registry.rules import Stage, parse_stage

_NAME = Text(required=True)


@takes(name=_NAME, tags=pairs(), description=Text())
def create(actor: Principal, body: Body) -> Answer:
    model = operations.create_registered_model(
        actor,
        project_of(actor, body),
        body["name"],
        tags=tags_in(body),
        description=body.get("description", ""),
    )
    return _answer(model)


@takes(name=_NAME)
def get(actor: Principal, body: Body) -> Answer:
    return {"registered_model": shown(queries.get_model(actor, project_of(actor, body).pk, body["name"]))}


@takes(name=_NAME, description=Text())
def update(actor: Principal, body: Body) -> Answer:
    description = body.get("description", "")
    return _answer(operations.update_registered_model(actor, _find(actor, body), description=description))


@takes(name=_NAME, new_name=Text(required=True))
def rename(actor: Principal, body: Body) -> Answer:
    return _answer(operations.rename_registered_model(actor, _find(actor, body), body["new_name"]))


@takes(name=_NAME)
def delete(actor: Principal, body: Body) -> Answer:
    operations.delete_registered_model(actor, _find(actor, body))
    return {}


@takes(filter=Text(), max_results=Whole(), order_by=Texts(), page_token=Text())
def search(actor: Principal, body: Body) -> Answer:
    found = queries.search_models(
        actor,
        project_of(actor, body).pk,
        body.get("filter", ""),
        order_by=body.get("order_by", []),
        max_results=body.get("max_results", 100),
        page_token=body.get("page_token", ""),
    )
    return page("registered_models", map(shown, found.rows), found.next_page_token)


@takes(name=_NAME, stages=Texts())
def get_latest_versions(actor: Principal, body: Body) -> Answer:
    stages = [parse_stage(stage) for stage in body.get("stages", [])] or list(Stage)
    found = queries.get_latest_versions(actor, project_of(actor, body).pk, body["name"], stages)
    return {"model_versions": [model_versions.shown(version) for version in found]} if found else {}


@takes(name=_NAME, key=Text(required=True), value=Text())
def set_tag(actor: Principal, body: Body) -> Answer:
    operations.set_model_tag(actor, _find(actor, body), body["key"], body.get("value", ""))
    return {}


@takes(name=_NAME, key=Text(required=True))
def delete_tag(actor: Principal, body: Body) -> Answer:
    operations.delete_model_tag(actor, _find(actor, body), body["key"])
    return {}


@takes(name=_NAME, alias=Text(required=True), version=NumberText(required=True))
def set_alias(actor: Principal, body: Body) -> Answer:
    operations.set_alias(actor, model_versions.find(actor, body), body["alias"])
    return {}


@takes(name=_NAME, alias=Text(required=True))
def delete_alias(actor: Principal, body: Body) -> Answer:
    operations.delete_alias(actor, _find(actor, body), body["alias"])
    return {}


@takes(name=_NAME, alias=Text(required=True))
def get_by_alias(actor: Principal, body: Body) -> Answer:
    found = queries.get_version_by_alias(actor, project_of(actor, body).pk, body["name"], body["alias"])
    return {"model_version": model_versions.shown(found)}


def shown(model: ModelRow) -> dict[str, Any]:
    """A registered model as the protocol writes it: what is empty stays out."""
    row: dict[str, Any] = {
        "name": model.name,
        "creation_timestamp": model.created_at,
        "last_updated_timestamp": model.updated_at,
        "user_id": model.owner,
    }
    if model.description:
        row["description"] = model.description
    if model.latest_versions:
        row["latest_versions"] = [model_versions.shown(version) for version in model.latest_versions]
    if model.tags:
        row["tags"] = tag_list(model.tags)
    if model.aliases:
        row["aliases"] = [{"alias": alias, "version": str(number)} for alias, number in model.aliases.items()]
    return row


def _find(actor: Principal, body: Body) -> RegisteredModel:
    return queries.find_model(actor, project_of(actor, body).pk, body["name"])


def _answer(model: RegisteredModel) -> Answer:
    return {"registered_model": shown(queries.describe_model(model))}
