"""URIs that clients name, each parsed once into a typed value. Nothing here is ever opened.

What cannot be read with certainty is refused: another host, an unknown scheme, any form of traversal.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import TextChoices

from artifacts.paths import parse_path, refuse_traversal, refuse_unshowable
from audit.exceptions import InvalidInput

MAX_LENGTH = 2000
PROXIED_SCHEME = "mlflow-artifacts"
#: Stores that clients reach with credentials of their own.
OBJECT_SCHEMES = frozenset({"s3", "gs", "abfss", "wasbs", "dbfs"})

# One letter and a colon is a drive, not a scheme.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
_LOGGED_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")
_RUN_ID = re.compile(r"[0-9a-f]{32}")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONTAINER = re.compile(r"[A-Za-z0-9$_-]+@[A-Za-z0-9.-]+")


class OwnerKind(TextChoices):
    """Whose artifacts they are."""

    RUN = "run", "run"
    LOGGED_MODEL = "logged_model", "logged model"


@dataclass(frozen=True, slots=True)
class OwnedPath:
    """A path below ``mlflow-artifacts:/``, taken apart: whose artifacts, and where in them (empty: all of them)."""

    kind: OwnerKind
    uid: str
    root: str
    path: str


@dataclass(frozen=True, slots=True)
class ProxiedUri:
    """``mlflow-artifacts:/path``: bytes that this server keeps."""

    path: str

    def __str__(self) -> str:
        return f"{PROXIED_SCHEME}:/{self.path}"

    @property
    def owned(self) -> OwnedPath | None:
        """Whose artifacts it names; None when it names no run and no logged model."""
        return split_owner(self.path)


@dataclass(frozen=True, slots=True)
class RunUri:
    """``runs:/<run id>/path``; the path may be empty."""

    run_id: str
    path: str

    def __str__(self) -> str:
        return f"runs:/{self.run_id}/{self.path}".removesuffix("/")


@dataclass(frozen=True, slots=True)
class LoggedModelUri:
    """``models:/m-<id>/path``; the path may be empty."""

    model_id: str
    path: str

    def __str__(self) -> str:
        return f"models:/{self.model_id}/{self.path}".removesuffix("/")


@dataclass(frozen=True, slots=True)
class VersionUri:
    """``models:/name/1``, ``models:/name/Staging`` or ``models:/name@alias``.

    At most one of ``version``, ``stage`` and ``alias`` is set; none of them means the latest version.
    """

    name: str
    version: int | None = None
    stage: str = ""
    alias: str = ""

    def __str__(self) -> str:
        if self.alias:
            return f"models:/{self.name}@{self.alias}"
        return f"models:/{self.name}/{self.version or self.stage or 'latest'}"


@dataclass(frozen=True, slots=True)
class ObjectUri:
    """An object in a store that is not ours, such as ``s3://bucket/key``."""

    scheme: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class LocalPath:
    """A path without a scheme, or a ``file:`` URI: it says nothing to a server."""

    text: str

    def __str__(self) -> str:
        return self.text


ClientUri = ProxiedUri | RunUri | LoggedModelUri | VersionUri | ObjectUri | LocalPath


def parse_uri(text: str) -> ClientUri:
    """Read a URI that a client named. Raises `InvalidInput` with the reason when it is not one of ours to accept."""
    if len(text) > MAX_LENGTH:
        raise InvalidInput(f"A URI has at most {MAX_LENGTH} characters.")
    refuse_unshowable(text)
    matched = _SCHEME.fullmatch(text)
    if matched is None:
        return LocalPath(text)
    scheme, rest = matched[1].lower(), matched[2]
    if scheme == "file":
        return LocalPath(text)
    refuse_traversal(rest.lstrip("/"))
    if scheme in OBJECT_SCHEMES:
        return _object_uri(scheme, rest, text)
    return _own_uri(scheme, _without_host(rest, text), text)


def split_owner(path: str) -> OwnedPath | None:
    """Take a path below ``mlflow-artifacts:/`` apart: ``<where>/<id>/artifacts/<path>``.

    The first id of a run or logged model that is followed by ``artifacts`` counts. The caller must compare ``root``
    with the root that this owner really has.
    """
    names = path.split("/")
    for place, (uid, following) in enumerate(pairwise(names)):
        kind = _kind_of(uid)
        if kind and following == "artifacts":
            root, rest = names[: place + 2], names[place + 2 :]
            return OwnedPath(kind, uid, "/".join(root), "/".join(rest))
    return None


def root_of(base: str, kind: OwnerKind, uid: str) -> str:
    """Where an owner's artifacts lie below ``base``, the path of its experiment below ``mlflow-artifacts:/``."""
    middle = "models/" if kind == OwnerKind.LOGGED_MODEL else ""
    return f"{base}/{middle}{uid}/artifacts".removeprefix("/")


def _kind_of(uid: str) -> OwnerKind | None:
    if _RUN_ID.fullmatch(uid):
        return OwnerKind.RUN
    return OwnerKind.LOGGED_MODEL if _LOGGED_MODEL_ID.fullmatch(uid) else None


def _own_uri(scheme: str, rest: str, text: str) -> ClientUri:
    if scheme == PROXIED_SCHEME:
        return ProxiedUri(_path(rest))
    if scheme == "runs":
        run_id, _, path = rest.partition("/")
        if run_id:
            return RunUri(run_id, _path(path))
        raise _invalid(text, "write runs:/<run id>/<path>")
    if scheme == "models":
        return _model_uri(rest, text)
    raise _invalid(text, "this server does not follow addresses of other hosts or unknown schemes")


def _model_uri(rest: str, text: str) -> LoggedModelUri | VersionUri:
    name, slash, suffix = rest.partition("/")
    if _LOGGED_MODEL_ID.fullmatch(name):
        return LoggedModelUri(name, _path(suffix))
    if not slash:
        name, _, alias = name.rpartition("@")
        if name.strip() and alias.strip():
            return VersionUri(name, alias=alias)
    elif name.strip() and suffix.strip() and "/" not in suffix:
        if suffix.isascii() and suffix.isdigit() and len(suffix) < 10:
            return VersionUri(name, version=int(suffix))
        return VersionUri(name, stage="" if suffix.lower() == "latest" else suffix)
    raise _invalid(text, "write models:/<name>/<version or stage>, models:/<name>@<alias> or models:/<model id>")


def _object_uri(scheme: str, rest: str, text: str) -> ObjectUri:
    if "#" in text or "?" in text:
        raise _invalid(text, "it must not hold '#' or '?'")
    if scheme == "dbfs":
        _without_host(rest, text)
        return ObjectUri(scheme, text)
    place = rest.removeprefix("//").partition("/")[0] if rest.startswith("//") else ""
    # Azure names the container and then the account; anywhere else an '@' would hide the name of a host.
    if not (_CONTAINER if scheme in {"abfss", "wasbs"} else _BUCKET).fullmatch(place):
        raise _invalid(text, f"write {scheme}://<bucket>/<key>")
    return ObjectUri(scheme, text)


def _without_host(rest: str, text: str) -> str:
    """What follows ``scheme:/`` or ``scheme:///``."""
    if rest.startswith("//") and not rest.startswith("///"):
        raise _invalid(text, "it must not name a host")
    if not rest.startswith("/"):
        raise _invalid(text, "a '/' must follow the scheme")
    return rest.removeprefix("//").removeprefix("/")


def _path(text: str) -> str:
    text = text.removesuffix("/")
    return str(parse_path(text)) if text else ""


def _invalid(text: str, why: str) -> InvalidInput:
    return InvalidInput(f"Invalid URI {text[:200]!r}: {why}.")
