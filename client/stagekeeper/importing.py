"""`stagekeeper import dvc`: tells the server what DVC wrote down, with the commit that holds it."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path
from typing import Any

from stagekeeper.server import Server, ServerError


def import_dvc(server: Server, asked: argparse.Namespace) -> int:
    """Send a dvc.lock: each stage becomes a run that read and wrote files known by their digests."""
    lock = Path(asked.folder) / "dvc.lock"
    if not lock.is_file():
        raise ServerError(f"There is no {lock}. Run `dvc repro` first, or name the folder that holds it.")
    body = {"lock": lock.read_text(encoding="utf-8"), **_place(lock)}
    body["repository"] = asked.repository or _without_user(body.get("repository", ""))
    if not body["repository"]:
        raise ServerError("The repository has no remote “origin”. Name it with --repository.")
    project = {"project": asked.project} if asked.project else {}
    done = server.post(["lineage", "import", "dvc"], body, **project)
    if not done["is_new"]:
        print(f"{lock} was imported before; nothing changed.")
        return 0
    print(f"{lock}: {done['things']} things and {done['flows']} links.")
    if "commit" not in body:
        print("It is not committed as it is now, so its runs are not linked to a commit.")
    return 0


def _place(lock: Path) -> dict[str, Any]:
    """Where the file lies in its repository, and the commit that holds it as it is now, as far as git knows."""
    folder = lock.parent
    top = _git(folder, "rev-parse", "--show-toplevel")
    if not top:
        return {}
    path = lock.resolve().relative_to(Path(top).resolve()).as_posix()
    said: dict[str, Any] = {"path": path}
    if remote := _git(folder, "config", "--get", "remote.origin.url"):
        said["repository"] = remote
    commit = _git(folder, "rev-list", "-1", "HEAD", "--", lock.name)
    if commit and not _git(folder, "status", "--porcelain", "--", lock.name):
        said["commit"] = commit
        said["committed_at"] = _git(folder, "show", "-s", "--format=%cI", commit)
    return said


def _without_user(address: str) -> str:
    """The address without the name and password that it may hold."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    host, slash, path = rest.partition("/")
    return scheme + separator + host.rpartition("@")[2] + slash + path


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  (fixed words and a path, no shell)
            ["git", "-C", str(folder), *words],  # noqa: S607  (the git that the user has)
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
