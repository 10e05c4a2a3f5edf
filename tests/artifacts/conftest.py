"""A run's space to put artifacts into, and bytes to put there."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from accounts.principals import Principal
from artifacts.models import ArtifactSpace
from artifacts.operations import SpaceOwner, space_of, store_file
from artifacts.streaming import Incoming
from artifacts.uris import OwnerKind, root_of


@pytest.fixture(autouse=True)
def artifact_root(settings, tmp_path: Path) -> Path:
    """The folder that keeps the artifacts of this test."""
    settings.ARTIFACT_ROOT = str(tmp_path / "artifacts")
    return tmp_path / "artifacts"


@pytest.fixture
def owner(contributor, project) -> SpaceOwner:
    """A run of the contributor."""
    uid = "0123456789abcdef" * 2
    root = root_of("7", OwnerKind.RUN, uid)
    return SpaceOwner(OwnerKind.RUN, uid, project.pk, experiment_id=7, owner_id=contributor.user_id, root=root)


@pytest.fixture
def space(contributor, owner) -> ArtifactSpace:
    """The contributor's space, still empty."""
    return space_of(contributor, owner)


@pytest.fixture
def store(contributor, space) -> Callable[..., None]:
    """Stores files in the space, as the contributor; each holds its own path unless it is given with its content."""

    def store(*paths: str, **contents: str) -> None:
        for path, content in [*((path, path) for path in paths), *contents.items()]:
            store_file(contributor, space, path, body_of(content))

    return store


def body_of(content: str | bytes) -> Incoming:
    """``content`` as it comes in with a Content-Length."""
    data = content.encode() if isinstance(content, str) else content
    return Incoming(BytesIO(data).read, length=len(data))


def read_all(actor: Principal, space: ArtifactSpace, path: str) -> bytes:
    """What ``actor`` downloads from ``path``."""
    from artifacts.queries import open_file

    return b"".join(open_file(actor, space, path).chunks)
