"""The container image and the lock file of the environment.

A process cannot ask its container for the digest of the image it was started from; the number of the container, which
some systems show it, is no digest. So the image is known only where whoever starts the job says it, in one of these
variables.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from stagekeeper.context.code import folder_of_script, top_of_repository

#: Where the name of the image is looked for, in this order: our own variable, then what others set.
IMAGE_NAMES = ("STAGEKEEPER_IMAGE", "CONTAINER_IMAGE", "DOCKER_IMAGE", "CI_JOB_IMAGE")
IMAGE_DIGESTS = ("STAGEKEEPER_IMAGE_DIGEST", "CONTAINER_IMAGE_DIGEST", "IMAGE_DIGEST")
#: The first of these that is there counts, nearest to the script first.
LOCK_FILES = (
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pixi.lock",
    "conda-lock.yml",
    "conda-lock.yaml",
    "pylock.toml",
)
_LARGEST = 20_000_000
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def image_tags() -> dict[str, str]:
    """The image as it was named, and its digest."""
    name = next((os.environ[each].strip() for each in IMAGE_NAMES if os.environ.get(each, "").strip()), "")
    if not name or "://" in name or any(character.isspace() for character in name):
        return {}
    name, _, digest = name.partition("@")
    for each in (digest, *(os.environ.get(variable, "") for variable in IMAGE_DIGESTS)):
        digest = each.strip().lower()
        digest = digest if digest.startswith("sha256:") else f"sha256:{digest}"
        if _DIGEST.fullmatch(digest):
            return {"stagekeeper.image.name": name, "stagekeeper.image.digest": digest}
    return {"stagekeeper.image.name": name}


def lock_tags() -> dict[str, str]:
    """The lock file and its digest. A list of requirements counts when it pins every package by its hash."""
    folder = folder_of_script()
    top = top_of_repository(folder)
    for place in (folder, *folder.parents):
        for file in (*(place / name for name in LOCK_FILES), *sorted(place.glob("requirements*.txt"))):
            content = _content(file)
            if content is not None and (file.suffix != ".txt" or b"--hash=sha256:" in content):
                return {
                    "stagekeeper.lock.file": file.name,
                    "stagekeeper.lock.sha256": hashlib.sha256(content).hexdigest(),
                }
        if top is None or place == top:
            break
    return {}


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() and file.stat().st_size <= _LARGEST else None
