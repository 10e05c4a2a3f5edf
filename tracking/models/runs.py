"""Runs and what scripts log to them by the thousand: metrics, params and tags.

The tables of metrics, params and tags are made for speed (see the first migration): their primary key is what they are
looked up by, and they repeat the experiment's number, so that one index answers a search within an experiment.
"""

from django.conf import settings
from django.db import models
from django.db.models import F

from accounts.scopes import AccessPath
from audit.models import Audited
from tracking.expressions import ValueStart
from tracking.models.experiments import Experiment, Lifecycle
from tracking.querysets import RunQuerySet


class RunStatus(models.TextChoices):
    """How far a run has come, in the words of MLflow's protocol."""

    RUNNING = "RUNNING"
    SCHEDULED = "SCHEDULED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


class Run(Audited):
    """One execution of a script. Its own lifecycle counts only while its experiment is active."""

    audit_type = "run"

    uid = models.CharField(max_length=32, unique=True)
    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="runs", db_index=False)
    name = models.CharField(max_length=250)
    status = models.CharField(max_length=9, choices=RunStatus, default=RunStatus.RUNNING)
    start_time = models.BigIntegerField()
    end_time = models.BigIntegerField(null=True)
    lifecycle_stage = models.CharField(max_length=8, choices=Lifecycle, default=Lifecycle.ACTIVE)
    deleted_time = models.BigIntegerField(null=True)
    artifact_uri = models.TextField()
    #: Who made it, by their session or token; what the client says about itself is a tag.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["experiment", "lifecycle_stage", "-start_time", "uid"], name="tracking_run_newest"),
            models.Index(fields=["experiment", "name"], name="tracking_run_name"),
            models.Index(fields=["experiment", "status"], name="tracking_run_status"),
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

    @property
    def is_active(self) -> bool:
        """Whether neither the run nor its experiment is deleted."""
        return self.lifecycle_stage == self.experiment.lifecycle_stage == Lifecycle.ACTIVE

    def access_path(self) -> AccessPath:
        return AccessPath(
            project_id=self.experiment.project_id, experiment_id=self.experiment_id, owner_id=self.owner_id
        )


class Param(models.Model):
    """What a run was given; written once."""

    governed = False  # logged by the hundred; the database keeps a param from changing, and the run is governed

    pk = models.CompositePrimaryKey("run_id", "key")
    run = models.ForeignKey(Run, models.PROTECT, related_name="params", db_index=False)
    key = models.CharField(max_length=250)
    value = models.TextField()
    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="+", db_index=False, db_constraint=False)

    class Meta:
        indexes = [
            models.Index(F("experiment"), F("key"), ValueStart("value"), F("run"), name="tracking_param_value"),
        ]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class RunTag(models.Model):
    """A remark on a run; MLflow's client keeps its own notes here too."""

    governed = False  # set by scripts all the time; what governs a version is pinned when the version is made

    pk = models.CompositePrimaryKey("run_id", "key")
    run = models.ForeignKey(Run, models.PROTECT, related_name="tags", db_index=False)
    key = models.CharField(max_length=250)
    value = models.TextField()
    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="+", db_index=False, db_constraint=False)

    class Meta:
        indexes = [
            models.Index(F("experiment"), F("key"), ValueStart("value"), F("run"), name="tracking_run_tag_value"),
        ]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class LatestMetric(models.Model):
    """One metric of one run, with its latest value: the greatest (step, timestamp, value).

    It is also the series that the single points belong to. For NaN, ``is_nan`` is true and ``value`` 0.
    """

    governed = False  # derived from the points

    run = models.ForeignKey(Run, models.PROTECT, related_name="latest_metrics", db_index=False)
    key = models.CharField(max_length=250)
    value = models.FloatField()
    is_nan = models.BooleanField(default=False)
    step = models.BigIntegerField()
    timestamp = models.BigIntegerField()
    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="+", db_index=False, db_constraint=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="tracking_latest_metric")]
        indexes = [
            models.Index(fields=["experiment", "key", "is_nan", "value", "run"], name="tracking_metric_value"),
        ]

    def __str__(self) -> str:
        return f"{self.key}={'NaN' if self.is_nan else self.value}"


class Metric(models.Model):
    """One point of a metric; the same point sent twice is stored once."""

    governed = False  # logged by the million and never changed

    pk = models.CompositePrimaryKey("series_id", "timestamp", "step", "value", "is_nan")
    # Without a constraint in the database: checking it would cost more than the insert, and series are never deleted.
    series = models.ForeignKey(LatestMetric, models.PROTECT, related_name="points", db_index=False, db_constraint=False)
    timestamp = models.BigIntegerField()
    step = models.BigIntegerField()
    value = models.FloatField()
    is_nan = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{'NaN' if self.is_nan else self.value} at step {self.step}"
