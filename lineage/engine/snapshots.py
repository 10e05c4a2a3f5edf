"""Bases on disk: a folder of .npy files each, which all processes of a machine map into memory.

A folder is written under another name and renamed, and the file ``current`` is replaced by one that names it, so a
reader finds a whole base or the one before; maps of older ones stay good after their folder is gone. Whoever builds
holds a lock on a file, which the kernel lets go when they die.
"""

import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from lineage.engine.arrays import Ints
from lineage.engine.base import Adjacency, Base
from lineage.engine.rows import Anchor
from lineage.engine.version import parse

#: Written into every base; others are not read.
FORMAT = 1
#: How many bases stay on disk: the newest, and those that pages asked for a moment ago may still name.
KEPT = 3

_ADJACENCIES = ("flow", "rest")
_ARRAYS = ("ids", "kinds", "sets", "created", "recorded", "set_scopes", "set_begins", "mark_rows")


def folder() -> Path:
    """Where the bases lie."""
    return Path(settings.ENV.data_dir) / "lineage"


def newest() -> str:
    """The name of the newest base; empty when there is none."""
    try:
        return (folder() / "current").read_text().strip()
    except FileNotFoundError:
        return ""


def load(name: str) -> Base | None:
    """Map a base into memory; None when it is gone or of another format."""
    path = folder() / name
    try:
        facts = json.loads((path / "base.json").read_text())
        if facts["format"] != FORMAT:
            return None
        arrays = {one: _map(path / f"{one}.npy") for one in _ARRAYS}
        adjacencies: dict[str, Any] = {
            one: Adjacency(**{part.name: _map(path / f"{one}.{part.name}.npy") for part in fields(Adjacency)})
            for one in _ADJACENCIES
        }
    except FileNotFoundError:
        return None
    anchor = Anchor(tuple(facts["anchor"]["node"]), tuple(facts["anchor"]["edge"]))
    return Base(version=parse(facts["version"]), anchor=anchor, **arrays, **adjacencies)


def save(base: Base) -> str:
    """Write a base and make it the newest; return its name. The caller holds the lock."""
    home = folder()
    name = f"base-{uuid.uuid4().hex}"
    path = home / f"building-{name}"
    path.mkdir(parents=True)
    for one in _ARRAYS:
        np.save(path / f"{one}.npy", getattr(base, one))
    for one in _ADJACENCIES:
        for part in fields(Adjacency):
            np.save(path / f"{one}.{part.name}.npy", getattr(getattr(base, one), part.name))
    facts: dict[str, Any] = {
        "format": FORMAT,
        "version": str(base.version),
        "anchor": {"node": base.anchor.node, "edge": base.anchor.edge},
    }
    (path / "base.json").write_text(json.dumps(facts))
    path.rename(home / name)
    named = home / f"current-{name}"
    named.write_text(name)
    named.replace(home / "current")
    _clear(home, name)
    return name


@contextmanager
def building() -> Iterator[bool]:
    """Hold the lock of whoever builds; yields False when somebody else does."""
    folder().mkdir(parents=True, exist_ok=True)
    lock = os.open(folder() / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)


def _map(path: Path) -> Ints:
    # A plain array over the map: numpy's own class for maps costs at every step.
    array = np.load(path, mmap_mode="r")
    return array.view(np.ndarray) if array.size else np.array(array)


def _clear(home: Path, name: str) -> None:
    """Remove what builders that died have left, and all but the newest bases."""
    for left in [*home.glob("building-*"), *home.glob("current-*")]:
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    bases = sorted(home.glob("base-*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in [path for path in bases if path.name != name][KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
