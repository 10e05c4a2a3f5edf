"""Datasets as MLflow's clients describe them, as nodes: which dataset, which state of it, and who made it, if we know.

A digest of MLflow's own says too little to be sure of the content. It counts only where the source names no version.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

import orjson

from artifacts.uris import LoggedModelUri, OwnerKind, ProxiedUri, RunUri, parse_uri
from audit.exceptions import InvalidInput
from lineage import keys
from lineage.facts import Thing
from lineage.vocabulary import EdgeRole, NodeKind
from tracking.rules import DatasetInput

CONTEXT_TAG: Final = "mlflow.data.context"
SHA256_TAG: Final = "stagekeeper.data.sha256"

#: What `mlflow.data.context` says of a dataset that the run wrote instead of read.
_OUTPUTS: Final = frozenset({"output", "outputs", "generated", "produced", "prepared"})
_ROLES: Final = {
    "train": EdgeRole.TRAIN,
    "training": EdgeRole.TRAIN,
    "fit": EdgeRole.TRAIN,
    "val": EdgeRole.VALIDATION,
    "valid": EdgeRole.VALIDATION,
    "validation": EdgeRole.VALIDATION,
    "dev": EdgeRole.VALIDATION,
    "eval": EdgeRole.TEST,
    "evaluation": EdgeRole.TEST,
    "test": EdgeRole.TEST,
    "testing": EdgeRole.TEST,
}
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_BUCKETS: Final = frozenset({"s3", "s3a", "s3n", "gs", "abfss", "wasbs", "dbfs", "hdfs"})


@dataclass(frozen=True, slots=True)
class Maker:
    """The run or logged model among whose artifacts a dataset lies, and where."""

    kind: OwnerKind
    uid: str
    path: str
    root: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a dataset lies, under one name however it is written, and the version that the address itself names."""

    namespace: str
    name: str
    scheme: str = ""
    version: str = ""
    maker: Maker | None = None
    #: What a movable name, such as a branch, was said to be.
    resolved_from: str = ""


@dataclass(frozen=True, slots=True)
class DatasetRead:
    """A dataset that a run read or wrote."""

    source: Source
    digest: str
    role: EdgeRole
    is_output: bool
    sha256: str = ""

    @property
    def collection(self) -> Thing:
        """The dataset, whatever its version."""
        return Thing(NodeKind.DATASET, keys.dataset(self.source.namespace, self.source.name), self.source.name)

    def version(self, run_uid: str, file_sha256: str = "") -> Thing:
        """The state of it; ``file_sha256`` is that of the one file it lies in, when this server keeps it."""
        namespace, name = self.source.namespace, self.source.name
        if sha256 := self.sha256 or file_sha256:
            scheme, value = "sha256", sha256
        elif self.source.version:
            scheme, value = self.source.scheme, self.source.version
        elif self.digest:
            scheme, value = "mlflow", self.digest
        else:
            key = keys.unpinned_version(namespace, name, run_uid)
            return Thing(NodeKind.DATASET_VERSION, key, name)
        props = {"resolved_from": self.source.resolved_from} if self.source.resolved_from else {}
        key = keys.dataset_version(namespace, name, scheme, value)
        return Thing(NodeKind.DATASET_VERSION, key, f"{name} @ {value[:12]}", props=props)


def read_dataset(project_slug: str, item: DatasetInput) -> DatasetRead:
    """What the graph has to know of an input."""
    context = item.tags.get(CONTEXT_TAG, "").strip().lower()
    claimed = item.tags.get(SHA256_TAG, "").lower()
    return DatasetRead(
        source=_source(project_slug, item),
        digest=item.digest,
        role=_ROLES.get(context, EdgeRole.DATA),
        is_output=context in _OUTPUTS,
        sha256=claimed if _SHA256.fullmatch(claimed) else "",
    )


def _source(project_slug: str, item: DatasetInput) -> Source:
    said = _json_object(item.source)
    match item.source_type:
        case "hugging_face" if path := _text(said, "path"):
            return _hugging_face(path, said)
        case "delta_table" if name := _text(said, "delta_table_name", "path"):
            version = said.get("delta_table_version")
            is_version = isinstance(version, int | str) and str(version).isdigit()
            return Source("delta", name, "delta" if is_version else "", str(version) if is_version else "")
        case "spark" if name := _text(said, "table_name"):
            return Source("spark", name)
    uri = _text(said, "uri", "url", "path")
    found = _by_address(uri) if uri else None
    # A path on some computer, or no address at all: a name means something within one project only.
    return found or Source(f"{item.source_type or 'unknown'}:{project_slug}", uri or keys.bare(item.name))


def _hugging_face(path: str, said: Mapping[str, Any]) -> Source:
    part = "/".join(filter(None, (_text(said, "config_name"), _text(said, "data_dir"))))
    name = f"{path}/{part}" if part else path
    revision = _text(said, "revision").lower()
    if _COMMIT.fullmatch(revision):
        return Source("hf", name, "hf", revision)
    return Source("hf", name, resolved_from=revision)


def _by_address(uri: str) -> Source | None:
    if maker := _maker(uri):
        return Source("mlflow-artifacts", f"{maker.uid}/{maker.path}".removesuffix("/"), maker=maker)
    try:
        parts = urlsplit(uri)
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if scheme in _BUCKETS and parts.netloc:
        version = (parse_qs(parts.query).get("versionId") or [""])[0]
        bucket = parts.netloc if "@" in parts.netloc and scheme in {"abfss", "wasbs"} else host
        name = parts.path.strip("/")
        scheme = "s3" if scheme.startswith("s3") else scheme
        return Source(f"{scheme}://{bucket}", name, "s3v" if version else "", quote(version, safe=".-_~"))
    if scheme in {"http", "https"} and host:
        return Source(f"{scheme}://{host}{f':{port}' if port else ''}", parts.path.strip("/") or "/")
    return None


def _maker(uri: str) -> Maker | None:
    try:
        parsed = parse_uri(uri)
    except InvalidInput:
        return None
    match parsed:
        case RunUri(run_id=uid, path=path):
            return Maker(OwnerKind.RUN, uid, path)
        case LoggedModelUri(model_id=uid, path=path):
            return Maker(OwnerKind.LOGGED_MODEL, uid, path)
        case ProxiedUri() if owned := parsed.owned:
            return Maker(owned.kind, owned.uid, owned.path, owned.root)
    return None


def _json_object(text: str) -> Mapping[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    return value if isinstance(value, dict) else {}


def _text(said: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = said.get(name)
        if isinstance(value, str) and value.strip("/ \0"):
            return keys.bare(value.replace("\0", ""))
    return ""
