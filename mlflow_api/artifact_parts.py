"""Uploads in parts and downloads that go to the store itself, when it can be reached by clients."""

import re

from accounts.principals import Principal
from artifacts.operations import abort_multipart, complete_multipart, start_multipart
from artifacts.queries import download_url
from artifacts.stores.base import Part
from artifacts.uris import OwnedPath
from audit.exceptions import NotFound
from mlflow_api.artifact_places import find_space, open_space, owned_path
from mlflow_api.schema import Records, Text, Whole, takes
from mlflow_api.transport import Answer, Body

_PATH = Text(required=True)


@takes(path=_PATH, num_parts=Whole(required=True))
def create(actor: Principal, body: Body) -> Answer:
    owned = _target(body)
    upload = start_multipart(actor, open_space(actor, body, owned), owned.path, body["num_parts"])
    credentials = [{"url": url, "part_number": number} for number, url in enumerate(upload.urls, start=1)]
    return {"upload_id": upload.upload_id, "credentials": credentials}


@takes(
    path=_PATH,
    upload_id=Text(required=True),
    parts=Records(required=True, part_number=Whole(required=True), etag=Text(required=True)),
)
def complete(actor: Principal, body: Body) -> Answer:
    owned = _target(body)
    parts = [Part(part["part_number"], part["etag"]) for part in body["parts"]]
    complete_multipart(actor, open_space(actor, body, owned), owned.path, body["upload_id"], parts)
    return {}


@takes(path=_PATH, upload_id=Text(required=True))
def abort(actor: Principal, body: Body) -> Answer:
    owned = _target(body)
    abort_multipart(actor, open_space(actor, body, owned), owned.path, body["upload_id"])
    return {}


def presigned(actor: Principal, body: Body) -> Answer:
    """Answer an address from which the client fetches the file by itself."""
    owned = owned_path(body["artifact_path"])
    space = find_space(actor, owned)
    if space is None:
        raise NotFound(f"There is no file {owned.path[:200]}.")
    url, size = download_url(actor, space, owned.path)
    return {"url": url, "headers": {}, "file_size": size}


def _target(body: Body) -> OwnedPath:
    """The folder in the address, and in it the last part of the path that the file has on the client's machine."""
    name = re.split(r"[/\\]", body["path"])[-1]
    return owned_path(f"{body['folder'].removesuffix('/')}/{name}")
