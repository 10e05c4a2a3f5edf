"""Which data under DVC the running stage reads, by the digests DVC wrote down.

While `dvc repro` runs a stage, `dvc.lock` still holds what the stage read the last time. So the digest of a file is
taken from whoever made it: the stage that has it among its outputs, then its `.dvc` file, and only then the old entry.
"""

from __future__ import annotations

import json
import os
import posixpath
import shlex
import sys
from pathlib import Path
from typing import Any

from stagekeeper.context.code import folder_of_script, top_of_repository

_LARGEST = 5_000_000
_LONGEST_TAG = 4_000
_MOST_TAGS = 20
#: Scripts are known by their commit.
_SCRIPTS = (".py", ".ipynb", ".sh", ".r", ".R", ".jl")


def tags() -> dict[str, str]:
    """The inputs of the stage whose command is running, and whether DVC itself is running it."""
    folder = folder_of_script()
    top = top_of_repository(folder)
    home = _home(folder, top)
    if home is None:
        return {}
    stage, deps = _inputs(home)
    if not deps:
        return {}
    below = home.resolve().relative_to(top.resolve()).as_posix() if top else "."
    pairs = [[path if "://" in path else posixpath.normpath(f"{below}/{path}"), digest] for path, digest in deps]
    sure = bool(stage) and bool(os.environ.get("DVC_ROOT") or os.environ.get("DVC_STAGE"))
    return {
        f"stagekeeper.dvc.{number}": json.dumps({"stage": stage, "sure": sure, "deps": portion})
        for number, portion in enumerate(_portions(pairs)[:_MOST_TAGS])
    }


def _home(folder: Path, top: Path | None) -> Path | None:
    """The nearest folder with a pipeline of DVC, not above the repository."""
    for each in (folder, *folder.parents):
        if (each / "dvc.lock").is_file() or (each / "dvc.yaml").is_file():
            return each
        if each == top:
            break
    return None


def _inputs(home: Path) -> tuple[str, list[tuple[str, str]]]:
    """The stage that is running and the digests of what it reads; of all that is read, when the stage is not known."""
    locked = _stages(home / "dvc.lock")
    written = _stages(home / "dvc.yaml")
    chosen = _running(written or locked)
    made = {path: digest for stage in locked.values() for path, digest in _files(stage.get("outs"))}
    known = {path: digest for stage in locked.values() for path, digest in _files(stage.get("deps"))}
    names = [chosen] if chosen else list(locked)
    found: dict[str, str] = {}
    for name in names:
        wanted = _paths(written.get(name, {})) or [path for path, _ in _files(locked.get(name, {}).get("deps"))]
        for path in wanted:
            digest = made.get(path) or _beside(home, path) or known.get(path)
            if digest and not path.endswith(_SCRIPTS) and (chosen or path not in made):
                found[path] = digest
    return chosen, sorted(found.items())


def _running(stages: dict[str, Any]) -> str:
    """The name of the stage whose command runs this script, if it is the only one."""
    named = os.environ.get("DVC_STAGE", "").rpartition(":")[2]
    if named in stages:
        return named
    script = Path(sys.argv[0]).name if sys.argv else ""
    matching = [name for name, stage in stages.items() if script and script in _words(stage.get("cmd"))]
    return matching[0] if len(matching) == 1 else ""


def _words(command: Any) -> set[str]:
    lines = command if isinstance(command, list) else [command]
    words = [word for line in lines if isinstance(line, str) for word in shlex.split(line)]
    return {posixpath.basename(word) for word in words}


def _paths(stage: dict[str, Any]) -> list[str]:
    """What a stage in `dvc.yaml` reads, seen from the pipeline's folder."""
    place = stage.get("wdir") or "."
    deps = [dep if isinstance(dep, str) else next(iter(dep), "") for dep in stage.get("deps") or [] if dep]
    return [dep if "://" in dep else posixpath.normpath(posixpath.join(place, dep)) for dep in deps if dep]


def _files(entries: Any) -> list[tuple[str, str]]:
    """Paths and digests of a list in `dvc.lock`."""
    return [
        (entry["path"], entry["md5"])
        for entry in entries or []
        if isinstance(entry, dict) and isinstance(entry.get("path"), str) and isinstance(entry.get("md5"), str)
    ]


def _beside(home: Path, path: str) -> str:
    """The digest in the `.dvc` file of a path, if it has one."""
    if "://" in path:
        return ""
    outs = _yaml(home / f"{path}.dvc").get("outs") or [{}]
    digest = outs[0].get("md5") if isinstance(outs[0], dict) else ""
    return digest if isinstance(digest, str) else ""


def _stages(file: Path) -> dict[str, Any]:
    stages = _yaml(file).get("stages")
    return (
        {name: stage for name, stage in stages.items() if isinstance(stage, dict)} if isinstance(stages, dict) else {}
    )


def _yaml(file: Path) -> dict[str, Any]:
    import yaml  # comes with MLflow

    if not file.is_file() or file.stat().st_size > _LARGEST:
        return {}
    said = yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return said if isinstance(said, dict) else {}


def _portions(pairs: list[list[str]]) -> list[list[list[str]]]:
    """So many pairs for each tag that it stays well below the length at which MLflow cuts it."""
    portions: list[list[list[str]]] = [[]]
    length = 0
    for pair in pairs:
        size = len(json.dumps(pair)) + 2
        if portions[-1] and length + size > _LONGEST_TAG:
            portions.append([])
            length = 0
        portions[-1].append(pair)
        length += size
    return portions
