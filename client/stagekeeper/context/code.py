"""The commit, and what was changed since.

MLflow's own client notes the commit when GitPython is installed; this asks git itself, notes whether tracked files were
changed, and the digest of the change. Addresses lose their passwords.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

_SECONDS = 2.0
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.pager=cat")


def tags() -> dict[str, str]:
    """Commit, branch, repository, whether it is changed, and the digest of the change."""
    folder = folder_of_script()
    lines = git(folder, "rev-parse", "--show-toplevel", "HEAD", "--abbrev-ref", "HEAD").decode().splitlines()
    if len(lines) != 3:
        return {}
    top, commit, branch = lines
    found = {"mlflow.source.git.commit": commit}
    if branch != "HEAD":
        found["mlflow.source.git.branch"] = branch
    url = git(folder, "config", "--get", "remote.origin.url").decode().strip()
    if url:
        found["mlflow.source.git.repoURL"] = without_credentials(url)
    diff = _diff(Path(top))
    if diff is not None:
        found["mlflow.source.git.dirty"] = "true" if diff else "false"
    if diff:
        found["stagekeeper.git.patch_sha256"] = hashlib.sha256(diff).hexdigest()
    return found


def folder_of_script() -> Path:
    """Where the running script lies; where one works when there is none, as in a notebook."""
    script = Path(sys.argv[0]) if sys.argv and sys.argv[0] else None
    if script is not None and script.is_file() and script.suffix in {".py", ".ipynb"}:
        return script.resolve().parent
    return Path.cwd()


def top_of_repository(folder: Path) -> Path | None:
    """The folder of the repository that holds ``folder``."""
    for each in (folder, *folder.parents):
        if (each / ".git").exists():
            return each
    return None


def without_credentials(url: str) -> str:
    """The address without user, password, query and fragment; ``git@host:path`` has none of them to hide."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = "git@" if parts.scheme == "ssh" and parts.username == "git" else ""
    return urlunsplit((parts.scheme, user + host, parts.path, "", ""))


def git(folder: Path, *words: str) -> bytes:
    """What git answers; nothing when it refuses. Raises what `subprocess` does when it is not there or too slow."""
    done = subprocess.run(  # noqa: S603
        ["git", *_QUIET, "-C", str(folder), *words],  # noqa: S607
        capture_output=True,
        timeout=_SECONDS,
        env={**os.environ, **_ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.stdout if done.returncode == 0 else b""


def _diff(top: Path) -> bytes | None:
    """What was changed in tracked files; None when git is too slow to say."""
    try:
        return git(top, "diff", "HEAD", "--binary", "--no-color", "--no-ext-diff", "--no-textconv")
    except subprocess.TimeoutExpired:
        return None
