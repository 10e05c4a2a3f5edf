"""Model versions: the endpoints below ``model-versions/``."""

from typing import Any

from accounts.principals import Principal
from mlflow_api.schema import Flag, NumberText, Text, Texts, Whole, pairs, takes
from mlflow_api.shapes import page, tag_list, tags_in
from mlflow_api.transport import Answer, Body
from mlflow_api.workspaces import project_of
from registry import operations, queries
from registry.models import ModelVersion
from registry.promotion import promote
from registry.queries import VersionRow
from registry.rules import parse_stage

_NAME = Text(required=True)
_VERSION = NumberText(required=True)


@takes(
    name=_NAME,
    source=Text(required=True),
    run_id=Text(),
    model_id=Text(),
    run_link=Text(),
    tags=pairs(),
    description=Text(),
)
def create(actor: Principal, body: Body) -> Answer:
    version = operations.create_model_version(
        actor,
        queries.find_model(actor, project_of(actor, body).pk, body["name"]),
        body["source"],
        run_uid=body.get("run_id") or None,
        logged_model_uid=body.get("model_id") or None,
        run_link=body.get("run_link", ""),
        tags=tags_in(body),
        description=body.get("description", ""),
    )
    return _answer(version)


@takes(name=_NAME, version=_VERSION)
def get(actor: Principal, body: Body) -> Answer:
    found = queries.get_version(actor, project_of(actor, body).pk, body["name"], body["version"])
    return {"model_version": shown(found)}


@takes(name=_NAME, version=_VERSION, description=Text())
def update(actor: Principal, body: Body) -> Answer:
    description = body.get("description", "")
    return _answer(operations.update_model_version(actor, find(actor, body), description=description))


@takes(name=_NAME, version=_VERSION)
def delete(actor: Principal, body: Body) -> Answer:
    operations.delete_model_version(actor, find(actor, body))
    return {}


@takes(filter=Text(), max_results=Whole(), order_by=Texts(), page_token=Text())
def search(actor: Principal, body: Body) -> Answer:
    found = queries.search_versions(
        actor,
        project_of(actor, body).pk,
        body.get("filter", ""),
        order_by=body.get("order_by", []),
        max_results=body.get("max_results", 10_000),
        page_token=body.get("page_token", ""),
    )
    return page("model_versions", map(shown, found.rows), found.next_page_token)


@takes(name=_NAME, version=_VERSION)
def get_download_uri(actor: Principal, body: Body) -> Answer:
    uri = queries.get_download_uri(actor, project_of(actor, body).pk, body["name"], body["version"])
    return {"artifact_uri": uri}


@takes(name=_NAME, version=_VERSION, stage=Text(required=True), archive_existing_versions=Flag())
def transition_stage(actor: Principal, body: Body) -> Answer:
    version = promote(
        actor,
        find(actor, body),
        parse_stage(body["stage"]),
        archive_existing=body.get("archive_existing_versions", False),
    )
    return _answer(version)


@takes(name=_NAME, version=_VERSION, key=Text(required=True), value=Text())
def set_tag(actor: Principal, body: Body) -> Answer:
    operations.set_version_tag(actor, find(actor, body), body["key"], body.get("value", ""))
    return {}


@takes(name=_NAME, version=_VERSION, key=Text(required=True))
def delete_tag(actor: Principal, body: Body) -> Answer:
    operations.delete_version_tag(actor, find(actor, body), body["key"])
    return {}


def find(actor: Principal, body: Body) -> ModelVersion:
    """The version that a call names, for an operation."""
    return queries.find_version(actor, project_of(actor, body).pk, body["name"], body["version"])


def shown(version: VersionRow) -> dict[str, Any]:
    """A version as the protocol writes it: texts are always there, lists only when they hold something."""
    row: dict[str, Any] = {
        "name": version.model_name,
        "version": str(version.number),
        "creation_timestamp": version.created_at,
        "last_updated_timestamp": version.updated_at,
        "user_id": version.creator,
        "current_stage": version.stage,
        "description": version.description,
        "source": version.source,
        "run_id": version.run_uid,
        "run_link": version.run_link,
        "status": version.status,
    }
    if version.logged_model_uid:
        row["model_id"] = version.logged_model_uid
    if version.tags:
        row["tags"] = tag_list(version.tags)
    if version.aliases:
        row["aliases"] = version.aliases
    return row


def _answer(version: ModelVersion) -> Answer:
    return {"model_version": shown(queries.describe_version(version))}
