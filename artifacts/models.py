"""What is stored where: a space for each owner of artifacts, and in it its files."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.utils import timezone

from accounts.models import Project
from accounts.scopes import AccessPath
from artifacts.paths import ArtifactPath
from artifacts.querysets import (
    ArtifactFileQuerySet,
    ArtifactSpaceQuerySet,
    FrozenFolderQuerySet,
    UploadQuerySet,
)
from artifacts.uris import OwnerKind, ProxiedUri
from audit.models import Audited

if TYPE_CHECKING:
    _Text = models.CharField[str, str]
else:
    _Text = models.CharField  # Django's fields take no parameters when they run.


class PathField(_Text):
    """Text that sorts byte by byte on every database, so that all paths below a folder stand together."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        collation = "C" if connection.vendor == "postgresql" else None
        return {**super().db_parameters(connection), "collation": collation}


class ArtifactSpace(Audited):
    """All artifacts of one owner, a run or a logged model: who may touch them, and what happened to them.

    The owner belongs to an app above this one, so the space repeats what rights depend on. Events about
    files are events of their space.
    """

    audit_type: ClassVar[str] = "artifact_space"

    kind = models.CharField(max_length=12, choices=OwnerKind)
    uid = models.CharField(max_length=64, unique=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    experiment_id = models.BigIntegerField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    #: The path of these artifacts below ``mlflow-artifacts:/``.
    root = models.CharField(max_length=1200, unique=True)
    file_count = models.PositiveBigIntegerField(default=0)
    byte_count = models.PositiveBigIntegerField(default=0)
    #: Whether any folder of it is frozen; spares most uploads a query.
    has_frozen = models.BooleanField(default=False)
    #: Whether an app above may forbid reading some of it; spares most downloads a query.
    has_bans = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ArtifactSpaceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.root

    @property
    def audit_id(self) -> str:
        return self.uid

    @property
    def audit_label(self) -> str:
        return self.root

    @property
    def uri(self) -> str:
        """Where clients find it."""
        return str(ProxiedUri(self.root))

    def add(self, *, files: int, size: int) -> None:
        """Count files and bytes that came or went; on a row that is held."""
        self.file_count += files
        self.byte_count += size
        self.save(update_fields=["file_count", "byte_count"])

    def access_path(self) -> AccessPath:
        """Where rights on these artifacts come from: the experiment's grants; their owner made the run."""
        return AccessPath(project_id=self.project_id, experiment_id=self.experiment_id, owner_id=self.owner_id)


class FrozenFolder(models.Model):
    """A folder whose content may never change again; the empty folder is the whole space."""

    governed: ClassVar[bool] = True

    space = models.ForeignKey(ArtifactSpace, models.PROTECT, related_name="frozen_folders", db_index=False)
    folder = PathField(max_length=1000, blank=True)
    reason = models.CharField(max_length=500)
    frozen_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = FrozenFolderQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["space", "folder"], name="artifacts_folder_frozen_once")]

    def __str__(self) -> str:
        return self.folder


class FileState(models.TextChoices):
    """What has become of a file's bytes."""

    READY = "ready", "ready"
    DAMAGED = "damaged", "damaged"
    DELETING = "deleting", "deleting"
    DELETED = "deleted", "deleted"


class ArtifactFile(models.Model):
    """A stored file. The row is made when its bytes are safe, and stays when they are gone.

    ``live`` is true for the file that its path shows now; replaced and deleted files are not. ``sha256`` is
    empty while a file that a client sent to the store itself waits to be read.
    """

    governed: ClassVar[bool] = True

    space = models.ForeignKey(ArtifactSpace, models.PROTECT, related_name="files", db_index=False)
    folder = PathField(max_length=1000, blank=True)
    name = PathField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    storage_key = PathField(max_length=40, unique=True)
    store_version = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=8, choices=FileState, default=FileState.READY)
    live = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = ArtifactFileQuerySet.as_manager()

    class Meta:
        constraints = [
            # Finds a file, lists a folder and walks its sub-folders: see queries.list_folder.
            models.UniqueConstraint(
                fields=["space", "folder", "name"], condition=Q(live=True), name="artifacts_one_live_file_per_path"
            ),
            models.CheckConstraint(
                condition=Q(live=True, state__in=[FileState.READY, FileState.DAMAGED])
                | Q(live=False, state__in=[FileState.DELETING, FileState.DELETED]),
                name="artifacts_live_means_kept",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state=FileState.DELETING), name="artifacts_file_to_erase"),
            models.Index(fields=["id"], condition=Q(sha256="", live=True), name="artifacts_file_to_hash"),
            models.Index(fields=["sha256"], condition=Q(live=True), name="artifacts_file_by_digest"),
        ]

    def __str__(self) -> str:
        return self.folder + self.name

    @property
    def path(self) -> ArtifactPath:
        """Where it lies in its space."""
        return ArtifactPath(self.folder, self.name)


class Upload(models.Model):
    """Bytes on their way into the store. Gone when the file is there; what is left of it after a crash is cleared."""

    governed: ClassVar[bool] = False  # a claim ticket: nothing can be read through it

    key = PathField(max_length=40, unique=True)
    space = models.ForeignKey(ArtifactSpace, models.PROTECT, related_name="+", db_index=False)
    folder = PathField(max_length=1000, blank=True)
    name = PathField(max_length=255)
    #: Set when the client sends the parts to the store itself.
    upload_id = models.CharField(max_length=1024, blank=True)
    part_count = models.PositiveIntegerField(default=0)
    #: Set when such an upload has become a file: the ticket stays, so that the client may ask again for the answer.
    done = models.BooleanField(default=False)
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="artifacts_upload_by_age")]

    def __str__(self) -> str:
        return self.folder + self.name

    @property
    def path(self) -> ArtifactPath:
        """Where the file will lie in its space."""
        return ArtifactPath(self.folder, self.name)
