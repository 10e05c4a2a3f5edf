"""Reads a ``dvc.lock``: each stage becomes a run that read and wrote versions of files known by their digests.

A stage whose entry is the same in two commits ran once: its run is known by what the entry says, not by the commit. DVC
writes digests down, so every input is pinned but for those that other systems only gave a tag for (etag).
"""

import hashlib
import posixpath
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import yaml

from audit.exceptions import InvalidInput, TooLarge
from lineage import keys
from lineage.exchange.reading import Fields, is_too_deep
from lineage.facts import Flow, Thing
from lineage.vocabulary import UNPINNED, Basis, EdgeKind, EdgeRole, NodeKind

LARGEST: Final = 2 * 1024 * 1024
_MOST_PROPS: Final = 16_000
_SCRIPT: Final = re.compile(r"\.(py|ipynb|r|rmd|jl|sh|sql|scala|java|js|ts|c|cc|cpp|go|rs)$", re.IGNORECASE)
_COMMIT: Final = re.compile(r"^[0-9a-f]{40}([0-9a-f]{24})?$")
#: How DVC names the digest of a file, and the scheme under which the graph knows it.
_DIGESTS: Final = {"md5": "dvc-md5", "checksum": "checksum", "etag": "etag"}


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file, and where it lies: in which repository, at which commit, at which path."""

    text: str
    repository: str
    commit: str = ""
    path: str = "dvc.lock"
    at: int = 0


def read_lock(sent: Any) -> Lock:
    """The lock file in what a client sent. Raises InvalidInput and TooLarge."""
    fields = Fields(sent, "")
    text = fields.value.get("lock")
    if not isinstance(text, str):
        raise InvalidInput("lock must be the text of a dvc.lock.")
    if len(text) > LARGEST:
        raise TooLarge(f"The dvc.lock is larger than {LARGEST // 2**20} MB.")
    commit = fields.optional_text("commit").lower()
    if commit and not _COMMIT.match(commit):
        raise InvalidInput("commit must be a whole commit hash.")
    at = fields.moment("committed_at") if fields.has("committed_at") else 0
    path = fields.optional_text("path") or "dvc.lock"
    return Lock(text, keys.repository_url(fields.text("repository")), commit, path, at)


def facts_of(lock: Lock) -> tuple[list[Thing], list[Flow]]:
    """What a lock file says. Raises InvalidInput."""
    teller = _Teller(lock)
    for name, stage in _stages(lock.text):
        teller.tell(name, stage)
    return list(teller.things.values()), list(teller.flows)


def _stages(text: str) -> Iterator[tuple[str, Fields]]:
    try:
        parsed = yaml.load(text, _Plain)  # noqa: S506  (a safe loader that also knows no aliases)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInput(f"The dvc.lock is not YAML: {keys.bare(str(error)[:300])}") from error
    if is_too_deep(parsed):
        raise InvalidInput("The dvc.lock is nested too deeply.")
    parsed = keys.all_bare(parsed)
    whole = Fields(parsed, "dvc.lock")
    # The first schema had the stages at the top.
    stages = whole.optional_part("stages") if whole.has("schema") or whole.has("stages") else whole
    if stages is None or not stages.value:
        raise InvalidInput("The dvc.lock has no stages.")
    for name in stages.value:
        if not isinstance(name, str):
            raise InvalidInput("The name of a stage must be a text.")
        yield name, stages.part(name)


class _Plain(yaml.SafeLoader):
    """YAML without aliases, by which a small file could stand for a huge one; DVC writes none."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has aliases, which no dvc.lock has.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        return super().construct_mapping(node, deep=True)


class _Teller:
    """Gathers what the stages say."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.things: dict[str, Thing] = {}
        self.flows: dict[Flow, None] = {}

    def tell(self, name: str, stage: Fields) -> None:
        """Add the run of a stage, what it read, and what it wrote."""
        run = self._run(name, stage)
        for each in stage.parts("deps"):
            version = self._version(each, run)
            role = EdgeRole.CODE if _SCRIPT.search(each.text("path")) else EdgeRole.DATA
            self._link(version, run, EdgeKind.USED, role)
        for each in stage.parts("outs"):
            self._link(run, self._version(each, run), EdgeKind.GENERATED, EdgeRole.DATA)
        if self.lock.commit:
            self._link(self._commit(), run, EdgeKind.USED, EdgeRole.CODE)

    def _run(self, name: str, stage: Fields) -> str:
        params = stage.optional_part("params")
        said = {"repository": self.lock.repository, "path": self.lock.path, "stage": name, "entry": stage.value}
        canonical = orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
        digest = hashlib.sha256(canonical).hexdigest()[:32]
        props = {"stage": name, "command": stage.value.get("cmd"), "params": params.value if params else {}}
        shown = orjson.dumps(props, default=str, option=orjson.OPT_NON_STR_KEYS)
        if len(shown) > _MOST_PROPS:
            raise InvalidInput(f"{stage.place} has a command and params of more than {_MOST_PROPS} characters.")
        run = Thing(NodeKind.RUN, keys.run(digest, tracker="dvc"), name, self.lock.at, props=orjson.loads(shown))
        return self._add(run)

    def _version(self, fields: Fields, run: str) -> str:
        namespace, name = self._place(fields.text("path"))
        dataset = self._add(Thing(NodeKind.DATASET, keys.dataset(namespace, name), name, self.lock.at))
        scheme, value = self._digest(fields, run)
        said = {key: fields.value.get(key) for key in ("size", "nfiles")}
        version = self._add(
            Thing(
                NodeKind.DATASET_VERSION,
                keys.dataset_version(namespace, name, scheme, value),
                f"{name} {value[:12]}",
                self.lock.at,
                digest="" if scheme == UNPINNED else f"{scheme.removeprefix('dvc-')}:{value}",
                props={key: count for key, count in said.items() if isinstance(count, int)},
            )
        )
        self._link(dataset, version, EdgeKind.HAS_VERSION, EdgeRole.NONE)
        return version

    @staticmethod
    def _digest(fields: Fields, run: str) -> tuple[str, str]:
        for name, scheme in _DIGESTS.items():
            if value := fields.optional_text(name):
                return scheme, value
        return UNPINNED, run.rpartition("/")[2]

    def _place(self, path: str) -> tuple[str, str]:
        """The namespace and name of a file: of the repository, or of the store that it lies in."""
        try:
            parts = urlsplit(path)
        except ValueError as error:
            raise InvalidInput("The path of a file in the dvc.lock is no address.") from error
        if parts.scheme and parts.netloc:
            return f"{parts.scheme.lower()}://{parts.netloc}", parts.path.lstrip("/")
        return self.lock.repository, posixpath.normpath(posixpath.join(posixpath.dirname(self.lock.path), path))

    def _commit(self) -> str:
        label = f"{self.lock.repository.rpartition('/')[2]} {self.lock.commit[:12]}"
        return self._add(Thing(NodeKind.CODE, keys.code(self.lock.repository, self.lock.commit), label, self.lock.at))

    def _add(self, thing: Thing) -> str:
        self.things.setdefault(thing.key, thing)
        return thing.key

    def _link(self, src: str, dst: str, kind: EdgeKind, role: EdgeRole) -> None:
        self.flows[Flow(src, dst, kind, role, Basis.DECLARED, self.lock.at)] = None
