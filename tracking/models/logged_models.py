"""Logged models: what a run saved before anybody registered it."""

from django.conf import settings
from django.db import models

from accounts.scopes import AccessPath
from audit.models import Audited
from tracking.models.experiments import Experiment, Lifecycle
from tracking.models.runs import Run
from tracking.querysets import LoggedModelQuerySet


class LoggedModelStatus(models.TextChoices):
    """Whether the files of a logged model are complete."""

    PENDING = "LOGGED_MODEL_PENDING"
    READY = "LOGGED_MODEL_READY"
    FAILED = "LOGGED_MODEL_UPLOAD_FAILED"


class LoggedModel(Audited):
    """A model with its files, made by a run or by hand. It counts as deleted while its experiment is."""

    audit_type = "logged_model"

    uid = models.CharField(max_length=34, unique=True)
    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="logged_models", db_index=False)
    name = models.CharField(max_length=500)
    artifact_uri = models.TextField()
    status = models.CharField(max_length=32, choices=LoggedModelStatus, default=LoggedModelStatus.PENDING)
    status_message = models.CharField(max_length=1000, blank=True)
    model_type = models.CharField(max_length=500, blank=True)
    source_run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="logged_models")
    lifecycle_stage = models.CharField(max_length=8, choices=Lifecycle, default=Lifecycle.ACTIVE)
    creation_time = models.BigIntegerField()
    last_update_time = models.BigIntegerField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    objects = LoggedModelQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["experiment", "lifecycle_stage", "-creation_time", "uid"], name="tracking_model_newest"
            ),
            models.Index(fields=["experiment", "name"], name="tracking_model_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_id(self) -> str:
        return self.uid

    @property
    def audit_label(self) -> str:
        return self.name

    @property
    def audit_project_id(self) -> int | None:
        return self.experiment.project_id

    def access_path(self) -> AccessPath:
        return AccessPath(
            project_id=self.experiment.project_id, experiment_id=self.experiment_id, owner_id=self.owner_id
        )


class LoggedModelParam(models.Model):
    """What a logged model was made with; written once."""

    governed = True

    pk = models.CompositePrimaryKey("logged_model_id", "key")
    logged_model = models.ForeignKey(LoggedModel, models.PROTECT, related_name="params", db_index=False)
    key = models.CharField(max_length=255)
    value = models.TextField()

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class LoggedModelTag(models.Model):
    """A remark on a logged model."""

    governed = True

    pk = models.CompositePrimaryKey("logged_model_id", "key")
    logged_model = models.ForeignKey(LoggedModel, models.PROTECT, related_name="tags", db_index=False)
    key = models.CharField(max_length=255)
    value = models.TextField()

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class LoggedModelMetric(models.Model):
    """A value a run measured of a logged model, perhaps on a dataset."""

    governed = False  # logged like the metrics of runs

    logged_model = models.ForeignKey(LoggedModel, models.PROTECT, related_name="metrics", db_index=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="logged_model_metrics", db_index=False)
    key = models.CharField(max_length=250)
    timestamp = models.BigIntegerField()
    step = models.BigIntegerField()
    value = models.FloatField()
    is_nan = models.BooleanField(default=False)
    dataset_name = models.CharField(max_length=500, blank=True)
    dataset_digest = models.CharField(max_length=36, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["logged_model", "key", "timestamp", "step", "run"], name="tracking_model_metric_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}={'NaN' if self.is_nan else self.value}"
