"""What the tags of a run say of where it came from: code, image, environment, data under DVC, base model.

The names are MLflow's own where it has one, and those of the client plug-in where it has none.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import orjson

from audit.exceptions import InvalidInput
from lineage import keys
from lineage.facts import Thing
from lineage.vocabulary import Basis, EdgeKind, EdgeRole, NodeKind
from tracking.lineage.facts import Facts

PARENT: Final = "mlflow.parentRunId"
COMMIT: Final = "mlflow.source.git.commit"
REPOSITORY: Final = "mlflow.source.git.repoURL"
DIRTY: Final = "mlflow.source.git.dirty"
SOURCE_NAME: Final = "mlflow.source.name"
PATCH: Final = "stagekeeper.git.patch_sha256"
IMAGE_URI: Final = "mlflow.docker.image.uri"
IMAGE_ID: Final = "mlflow.docker.image.id"
IMAGE_NAME: Final = "stagekeeper.image.name"
IMAGE_DIGEST: Final = "stagekeeper.image.digest"
LOCK_DIGEST: Final = "stagekeeper.lock.sha256"
LOCK_FILE: Final = "stagekeeper.lock.file"
BASE_MODEL: Final = "stagekeeper.base_model"
DVC: Final = "stagekeeper.dvc."
SEED: Final = "stagekeeper.seed."
HARDWARE: Final = "stagekeeper.hardware"

_CODE_TAGS: Final = frozenset({COMMIT, REPOSITORY, DIRTY, PATCH})
_IMAGE_TAGS: Final = frozenset({IMAGE_URI, IMAGE_ID, IMAGE_NAME, IMAGE_DIGEST})
_OTHERS: Final = frozenset({PARENT, LOCK_DIGEST, LOCK_FILE, BASE_MODEL})
#: The tags that make nodes and edges; those that begin with `DVC` do too.
TAGS: Final = _CODE_TAGS | _IMAGE_TAGS | _OTHERS

_SHA256: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_MD5: Final = re.compile(r"[0-9a-f]{32}(\.dir)?")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_RUN_UID: Final = re.compile(r"[0-9a-f]{32}")
_LONGEST_COMMIT: Final = 100
_HF: Final = re.compile(r"(?:hf://|https://huggingface\.co/)?([\w.-]+(?:/[\w.-]+)?)(?:@([\w.-]+))?")


def says_something(tags: Iterable[str]) -> bool:
    """Whether one of these tags makes nodes or edges."""
    return any(key in TAGS or key.startswith(DVC) for key in tags)


def related(tags: Iterable[str]) -> set[str]:
    """The tags that must be read together with these, since they say one thing together."""
    asked = set(tags)
    wanted: set[str] = set()
    for group in (_CODE_TAGS, _IMAGE_TAGS, frozenset({LOCK_DIGEST, LOCK_FILE})):
        if asked & group:
            wanted |= group
    if any(key.startswith(DVC) for key in asked):
        wanted.add(REPOSITORY)
    return wanted - asked


def parent_of(tags: Mapping[str, str]) -> str:
    """The id of the run that this one is part of, or nothing."""
    uid = tags.get(PARENT, "")
    return uid if _RUN_UID.fullmatch(uid) else ""


def props_of(tags: Mapping[str, str]) -> dict[str, str]:
    """What a run's node keeps of its tags for whoever wants to repeat it."""
    kept = {key.removeprefix("stagekeeper."): value for key, value in tags.items() if key.startswith(SEED)}
    if HARDWARE in tags:
        kept["hardware"] = tags[HARDWARE]
    return kept


def tell_tags(facts: Facts, run_uid: str, tags: Mapping[str, str]) -> None:
    """Add what the tags of a run say, but for what has to be looked up: its parent, and models of this server."""
    run_key = keys.run(run_uid)
    if code := _code(tags):
        facts.link(facts.add(code), run_key, EdgeKind.USED, EdgeRole.CODE)
    if image := _image(run_uid, tags):
        facts.link(facts.add(image), run_key, EdgeKind.USED, EdgeRole.IMAGE)
    if lock := _SHA256.fullmatch(tags.get(LOCK_DIGEST, "").lower()):
        label = tags.get(LOCK_FILE, "").rsplit("/", 1)[-1] or "lock file"
        environment = Thing(NodeKind.ENVIRONMENT, keys.environment(lock[1]), f"{label} {lock[1][:12]}")
        facts.link(facts.add(environment), run_key, EdgeKind.USED, EdgeRole.ENVIRONMENT)
    if base := outside_model(tags.get(BASE_MODEL, "")):
        facts.link(facts.add(base), run_key, EdgeKind.USED, EdgeRole.BASE_MODEL, Basis.DECLARED)
    for key, value in tags.items():
        if key.startswith(DVC):
            _tell_dvc(facts, run_key, tags.get(REPOSITORY, ""), value)


def outside_model(text: str) -> Thing | None:
    """A base model from a hub, such as ``meta-llama/Llama-3.1-8B@<revision>``; pinned when the revision is a commit."""
    text = text.strip()
    match = _HF.fullmatch(text)
    if not match or text.startswith("models:"):
        return None
    name, revision = match[1], (match[2] or "").lower()
    if _COMMIT.fullmatch(revision):
        return Thing(NodeKind.ARTIFACT, keys.hub_model(name, revision), f"{name} @ {revision[:12]}")
    return Thing(NodeKind.EXTERNAL, keys.external("hf", f"{name}@{revision}" if revision else name), name)


def _code(tags: Mapping[str, str]) -> Thing | None:
    commit = tags.get(COMMIT, "").strip().lower()[:_LONGEST_COMMIT]
    if not commit:
        return None
    repository = repository_of(tags)
    patch = _SHA256.fullmatch(tags.get(PATCH, "").lower())
    dirty = tags.get(DIRTY, "").strip().lower() in {"true", "1", "yes"}
    key = keys.code(repository, commit, patch_sha256=patch[1] if patch else "", dirty=dirty)
    name = repository.rsplit("/", 1)[-1] or "commit"
    return Thing(NodeKind.CODE, key, f"{name} @ {commit[:12]}{' (changed)' if patch or dirty else ''}")


def repository_of(tags: Mapping[str, str]) -> str:
    """The address of the repository, or of the project that was run from one; empty when nobody said."""
    url = tags.get(REPOSITORY, "").strip()
    if not url:
        named = tags.get(SOURCE_NAME, "").partition("#")[0]
        url = named if named.startswith(("https://", "ssh://", "git@")) else ""
    try:
        return keys.repository_url(url) if url else ""
    except InvalidInput:  # no address, whatever it was
        return ""


def _image(run_uid: str, tags: Mapping[str, str]) -> Thing | None:
    uri = (tags.get(IMAGE_NAME) or tags.get(IMAGE_URI) or "").strip()
    name, _, named_digest = uri.partition("@")
    if not name:
        return None
    base, tag = _without_tag(name)
    for digest in (tags.get(IMAGE_DIGEST, ""), named_digest, tags.get(IMAGE_ID, "")):
        if match := _SHA256.fullmatch(digest.strip().lower()):
            key = keys.image(base, f"sha256:{match[1]}")
            return Thing(NodeKind.IMAGE, key, f"{base} @ {match[1][:12]}")
    label = f"{base}:{tag}" if tag else base
    return Thing(NodeKind.IMAGE, keys.unpinned_image(base, run_uid), label, props={"resolved_from": tag})


def _without_tag(name: str) -> tuple[str, str]:
    """``registry:5000/train:1.2`` is ``registry:5000/train`` and ``1.2``."""
    path, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{path}{slash}{last}", tag


def _tell_dvc(facts: Facts, run_key: str, repository: str, value: str) -> None:
    """Add what the lock file of DVC says that the run's stage read; outputs are only what was there before it ran."""
    try:
        said = orjson.loads(value)
    except orjson.JSONDecodeError:
        return
    if not isinstance(said, dict) or not isinstance(said.get("deps"), list):
        return
    basis = Basis.OBSERVED if said.get("sure") is True else Basis.INFERRED
    for entry in said["deps"]:
        match entry:
            case [str(path), str(md5)] if _MD5.fullmatch(md5) and path.strip("/ \0"):
                namespace, name = _dvc_place(repository, path)
                collection = Thing(NodeKind.DATASET, keys.dataset(namespace, name), name)
                key = keys.dataset_version(namespace, name, "dvc-md5", md5)
                version = Thing(NodeKind.DATASET_VERSION, key, f"{name} {md5[:12]}")
                facts.link(facts.add(collection), facts.add(version), EdgeKind.HAS_VERSION)
                facts.link(version.key, run_key, EdgeKind.USED, EdgeRole.DATA, basis)


def _dvc_place(repository: str, path: str) -> tuple[str, str]:
    """The namespace and name of a file: of the repository, or of the store that it lies in."""
    try:
        parts = urlsplit(path)
        if parts.scheme and parts.hostname:
            return f"{parts.scheme.lower()}://{parts.hostname}", parts.path.lstrip("/")
        return keys.repository_url(repository) or "dvc", path
    except (ValueError, InvalidInput):  # no addresses
        return "dvc", path
