"""Listing folders of artifacts.

Whoever asks below ``mlflow-artifacts/`` gets paths relative to the folder; who names a run or logged model, relative to
its root.
"""

from typing import Any

from accounts.principals import Principal
from artifacts.paths import parse_folder
from artifacts.queries import list_folder
from artifacts.uris import OwnedPath, OwnerKind, split_owner
from mlflow_api.artifact_places import find_space, proxied_root
from mlflow_api.schema import Text, takes
from mlflow_api.transport import Answer, Body
from mlflow_api.workspaces import project_of
from tracking import queries


@takes(path=Text())
def at_path(actor: Principal, body: Body) -> Answer:
    path = body.get("path", "").removesuffix("/")
    parse_folder(path)
    owned = split_owner(path)
    return _files(actor, owned) if owned else {}


@takes(run_id=Text(required=True, also="run_uuid"), path=Text(), page_token=Text())
def of_run(actor: Principal, body: Body) -> Answer:
    run = queries.get_run_head(actor, project_of(actor, body), body["run_id"])
    return _of_owner(actor, OwnerKind.RUN, run.uid, run.artifact_uri, body.get("path", ""))


@takes(artifact_directory_path=Text(), page_token=Text())
def of_logged_model(actor: Principal, body: Body) -> Answer:
    model = queries.get_logged_model(actor, project_of(actor, body), body["model_id"])
    folder = body.get("artifact_directory_path", "")
    return _of_owner(actor, OwnerKind.LOGGED_MODEL, model.uid, model.artifact_uri, folder)


def _of_owner(actor: Principal, kind: OwnerKind, uid: str, uri: str, path: str) -> Answer:
    folder = parse_folder(path)
    return {"root_uri": uri, **_files(actor, OwnedPath(kind, uid, proxied_root(uri), folder), prefix=folder)}


def _files(actor: Principal, owned: OwnedPath, *, prefix: str = "") -> Answer:
    space = find_space(actor, owned)
    rows: list[dict[str, Any]] = []
    for entry in list_folder(space, owned.path) if space else ():
        row: dict[str, Any] = {"path": prefix + entry.name, "is_dir": entry.is_folder}
        if entry.size:
            row["file_size"] = entry.size
        rows.append(row)
    return {"files": rows} if rows else {}
