"""Filters on spaces, files and uploads, with names."""

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from artifacts.paths import ArtifactPath, folders_above
from audit.models import AuditedQuerySet

if TYPE_CHECKING:
    from artifacts.models import ArtifactFile, ArtifactSpace, FrozenFolder, Upload  # noqa: F401  (in base classes)
    from artifacts.uris import OwnedPath

#: How long an upload may take.
UPLOAD_TIME = timedelta(hours=24)


class ArtifactSpaceQuerySet(AuditedQuerySet["ArtifactSpace"]):
    """Filters on spaces."""

    def of(self, owned: "OwnedPath") -> Self:
        """Keep the space that a path below ``mlflow-artifacts:/`` lies in."""
        return self.filter(uid=owned.uid, root=owned.root)


class FrozenFolderQuerySet(models.QuerySet["FrozenFolder"]):
    """Filters on frozen folders."""

    def over(self, folder: str) -> Self:
        """Keep those that hold ``folder``."""
        return self.filter(folder__in=folders_above(folder))

    def touching(self, folder: str) -> Self:
        """Keep those that hold ``folder`` or lie in it."""
        below = models.Q(folder__gte=folder, folder__lt=end_of(folder))
        return self.filter(below | models.Q(folder__in=folders_above(folder)))


class ArtifactFileQuerySet(models.QuerySet["ArtifactFile"]):
    """Filters on files."""

    def live(self) -> Self:
        """Keep the files that their paths show now."""
        return self.filter(live=True)

    def at(self, path: ArtifactPath) -> Self:
        """Keep those with this path."""
        return self.filter(folder=path.folder, name=path.name)

    def below(self, folder: str) -> Self:
        """Keep those in this folder and in all folders below it."""
        return self.filter(folder__gte=folder, folder__lt=end_of(folder)) if folder else self

    def to_erase(self) -> Self:
        """Keep those whose bytes may go."""
        return self.filter(state="deleting").order_by("pk")

    def to_hash(self) -> Self:
        """Keep those that nobody has read since they were sent to the store."""
        return self.filter(live=True, sha256="", state="ready").order_by("pk")


class UploadQuerySet(models.QuerySet["Upload"]):
    """Filters on uploads."""

    def overdue(self) -> Self:
        """Keep those that will not come to an end any more."""
        return self.filter(started_at__lt=timezone.now() - UPLOAD_TIME).order_by("started_at")


def end_of(folder: str) -> str:
    """The first text after everything that begins with ``folder``, which ends with a slash or is the root."""
    return f"{folder[:-1]}0" if folder else "\U0010ffff"
