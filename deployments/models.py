"""What is stored of deployments: where versions may run, what was let run there, its permits, and what was really seen.

Times are milliseconds since 1970, as in the registry. Intervals and permits are facts that triggers keep.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Project
from accounts.scopes import AccessPath
from approvals.models import PromotionRequest
from deployments.querysets import (
    AlertQuerySet,
    DeploymentIntervalQuerySet,
    DeploymentQuerySet,
    EnvironmentQuerySet,
    SightingQuerySet,
    SigningKeyQuerySet,
)
from deployments.rules import (
    CONFIG_LENGTH,
    DIGEST_LENGTH,
    IDENTITY_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    SEEN_LENGTH,
    TARGET_LENGTH,
    digest_of_key,
)
from registry.models import Dated, ModelVersion, RegisteredModel
from registry.rules import Stage

_PERSON = settings.AUTH_USER_MODEL


class EnvironmentKind(models.TextChoices):
    """What an environment is for."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"


class Environment(Dated):
    """A place where versions run, and what it asks of them. ``change_window`` is as in a policy's gate; null: always.

    It is archived and never deleted; its name is then free for another one.
    """

    audit_type: ClassVar[str] = "environment"

    project = models.ForeignKey(Project, models.PROTECT, related_name="environments", db_index=False)
    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=12, choices=EnvironmentKind)
    description = models.TextField(blank=True, default="")
    required_stage = models.CharField(max_length=10, choices=Stage, default=Stage.PRODUCTION)
    change_window = models.JSONField(null=True)
    #: Whether a deployment has to say which container image it runs.
    needs_image = models.BooleanField(default=False)
    #: Whether a version that came by break-glass has to be ratified before it may run here.
    needs_ratified = models.BooleanField(default=False)
    permit_minutes = models.PositiveIntegerField(default=15)
    archived_at = models.PositiveBigIntegerField(null=True)

    objects = EnvironmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(archived_at=None), name="deployments_environment_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_label(self) -> str:
        return self.name

    def access_path(self) -> AccessPath:
        """Where rights on it come from: its project."""
        return AccessPath(project_id=self.project_id)


class DeploymentState(models.TextChoices):
    """How far a deployment has come. The first four are open."""

    REQUESTED = "requested"
    PERMITTED = "permitted"
    DEPLOYING = "deploying"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"


OPEN_STATES = (
    DeploymentState.REQUESTED,
    DeploymentState.PERMITTED,
    DeploymentState.DEPLOYING,
    DeploymentState.ACTIVE,
)


class Deployment(Dated):
    """A version that somebody wants to run, or let run, at a target of an environment.

    ``project`` is the environment's, which need not be the model's. ``state`` repeats the open `DeploymentInterval`.
    ``request`` is the promotion by which the version had come into its stage. ``previous`` is what ran at the target
    before. A roll-back says in ``rolls_back`` which deployment it takes back.
    """

    audit_type: ClassVar[str] = "deployment"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="deployments", db_index=False)
    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="deployments", db_index=False)
    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="deployments", db_index=False)
    target = models.CharField(max_length=TARGET_LENGTH)
    #: Of the version's files, as the registry knows them; empty for files that lie elsewhere.
    content_digest = models.CharField(max_length=64, blank=True, default="")
    image_digest = models.CharField(max_length=DIGEST_LENGTH, blank=True, default="")
    config_digest = models.CharField(max_length=CONFIG_LENGTH, blank=True, default="")
    actor = models.ForeignKey(_PERSON, models.PROTECT, related_name="+", db_index=False)
    #: What the caller said of the job it works for; nobody here has verified it.
    identity_issuer = models.CharField(max_length=IDENTITY_LENGTH, blank=True, default="")
    identity_subject = models.CharField(max_length=IDENTITY_LENGTH, blank=True, default="")
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    state = models.CharField(max_length=12, choices=DeploymentState, default=DeploymentState.REQUESTED)
    closed_at = models.PositiveBigIntegerField(null=True)
    request = models.ForeignKey(PromotionRequest, models.PROTECT, null=True, related_name="+", db_index=False)
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    rolls_back = models.ForeignKey("self", models.PROTECT, null=True, related_name="roll_backs", db_index=False)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "target"],
                condition=Q(state=DeploymentState.ACTIVE),
                name="deployments_one_active_per_target",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, state__in=OPEN_STATES)
                | (Q(closed_at__isnull=False) & ~Q(state__in=OPEN_STATES)),
                name="deployments_closed_when_over",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="deployments_by_project"),
            models.Index(fields=["environment", "target", "-id"], name="deployments_by_target"),
            models.Index(fields=["model", "-id"], name="deployments_by_model"),
            models.Index(fields=["version", "-id"], name="deployments_by_version"),
            models.Index(fields=["actor", "-id"], name="deployments_by_actor"),
            models.Index(fields=["state", "id"], condition=Q(closed_at=None), name="deployments_open"),
            models.Index(fields=["created_at"], name="deployments_by_time"),
        ]

    def __str__(self) -> str:
        return f"deployment {self.pk}"

    @property
    def title(self) -> str:
        """What runs where, for those who may see the model."""
        return f"{self.model.name} v{self.version.number} to {self.environment.name} ({self.target})"

    @property
    def audit_label(self) -> str:
        """The title; those who read the log of the environment's project need not know a model of another one."""
        if self.model.project_id == self.project_id:
            return self.title
        return f"a version of another project to {self.environment.name} ({self.target})"

    @property
    def is_open(self) -> bool:
        """Whether it can still change."""
        return self.closed_at is None

    def access_path(self) -> AccessPath:
        """Where rights on it come from: its model's grants; the environment's project when that is another one."""
        if self.model.project_id != self.project_id:
            return AccessPath(project_id=self.project_id, owner_id=self.actor_id)
        return AccessPath(
            project_id=self.project_id,
            model_id=self.model_id,
            inherits=self.model.inherit_access,
            owner_id=self.actor_id,
        )


class DeploymentInterval(models.Model):
    """From when until when a deployment was in a state, by whom and why: a fact, closed once.

    "What ran at T" is a question to the intervals of state ``active``.
    """

    governed: ClassVar[bool] = True

    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="intervals")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+", db_index=False)
    target = models.CharField(max_length=TARGET_LENGTH)
    state = models.CharField(max_length=12, choices=DeploymentState)
    since = models.PositiveBigIntegerField()
    until = models.PositiveBigIntegerField(null=True)
    #: Empty when the server did it by itself, as when a permit expired.
    actor = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+", db_index=False)
    note = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    event_uid = models.UUIDField()

    objects = DeploymentIntervalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment"], condition=Q(until=None), name="deployments_one_open_interval"
            ),
            models.UniqueConstraint(
                fields=["environment", "target"],
                condition=Q(until=None, state=DeploymentState.ACTIVE),
                name="deployments_one_open_active_interval",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="deployments_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "target", "state", "since"], name="deployments_ran_at"),
            models.Index(
                fields=["since", "until", "deployment"],
                condition=Q(state=DeploymentState.ACTIVE),
                name="deployments_what_ran",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deployment_id} {self.state} since {self.since}"


class SigningKey(Dated):
    """The pair of keys by which permits are signed. The private one is sealed; retired pairs keep their public one."""

    audit_type: ClassVar[str] = "permit_key"

    #: The first 32 digits of the SHA-256 of the public key, in its DER form.
    kid = models.CharField(max_length=32, unique=True)
    public_key = models.TextField()
    sealed_private_key = models.TextField(blank=True, default="")
    purpose = models.CharField(max_length=10, default="permits", editable=False)
    retired_at = models.PositiveBigIntegerField(null=True)
    #: Whether somebody else may have the private key, so that nothing it signed is to be believed.
    is_lost = models.BooleanField(default=False)

    objects = SigningKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose"], condition=Q(retired_at=None), name="deployments_one_key_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.kid

    @property
    def audit_id(self) -> str:
        return self.kid

    def access_path(self) -> AccessPath:
        """Keys belong to the whole server."""
        return AccessPath()


class Permit(models.Model):
    """A signed, short-lived word that a version may run somewhere: a fact. ``envelope`` is what hooks verify."""

    governed: ClassVar[bool] = True

    uid = models.UUIDField(unique=True)
    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="permits")
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="+", db_index=False)
    envelope = models.TextField()
    #: SHA-256 of the envelope as it is stored.
    digest = models.CharField(max_length=64)
    issued_at = models.PositiveBigIntegerField()
    expires_at = models.PositiveBigIntegerField()
    actor = models.ForeignKey(_PERSON, models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"permit {self.uid}"


class AlertKind(models.TextChoices):
    """What is wrong with what was seen."""

    UNKNOWN = "unknown"  # no version has this digest
    NOT_DEPLOYED = "not_deployed"  # nothing was let run at this target
    OTHER_VERSION = "other_version"  # something else was let run there
    OTHER_IMAGE = "other_image"  # the right version in another image
    QUARANTINED = "quarantined"  # let run there, and suspected since


class AlertState(models.TextChoices):
    """What became of an alert."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Alert(Dated):
    """Something runs that nobody let run there. It stays until a person resolves it."""

    audit_type: ClassVar[str] = "deployment_alert"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="alerts", db_index=False)
    target = models.CharField(max_length=TARGET_LENGTH)
    kind = models.CharField(max_length=14, choices=AlertKind)
    #: What runs there: `deployments.rules.seen_key`.
    seen = models.CharField(max_length=SEEN_LENGTH)
    image_digest = models.CharField(max_length=DIGEST_LENGTH, blank=True, default="")
    #: The version that was seen, where it is known; whoever may not see its model is not told.
    version = models.ForeignKey(ModelVersion, models.PROTECT, null=True, related_name="+")
    #: What should have run there.
    deployment = models.ForeignKey(Deployment, models.PROTECT, null=True, related_name="alerts")
    state = models.CharField(max_length=12, choices=AlertState, default=AlertState.OPEN)
    acknowledged_at = models.PositiveBigIntegerField(null=True)
    acknowledged_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+", db_index=False)
    resolved_at = models.PositiveBigIntegerField(null=True)
    resolved_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+", db_index=False)
    finding = models.CharField(max_length=REASON_LENGTH, blank=True, default="")

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "target", "kind", "seen", "image_digest"],
                condition=Q(resolved_at=None),
                name="deployments_alert_once",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "state", "-id"], name="deployments_alert_by_state"),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"

    @property
    def content_digest(self) -> str:
        """The digest that was seen; empty when an agent named a version instead."""
        return digest_of_key(self.seen)

    @property
    def audit_label(self) -> str:
        return f"{self.environment.name} ({self.target})"

    def access_path(self) -> AccessPath:
        """Where rights on it come from: the environment's project."""
        return AccessPath(project_id=self.project_id)


class Sighting(models.Model):
    """What an agent saw running somewhere: from when to when, and how often it said so."""

    governed: ClassVar[bool] = False  # agents repeat it by the minute; the alerts that come of it are recorded

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="sightings", db_index=False)
    target = models.CharField(max_length=TARGET_LENGTH)
    #: What was seen: `deployments.rules.seen_key`.
    seen = models.CharField(max_length=SEEN_LENGTH)
    version = models.ForeignKey(ModelVersion, models.PROTECT, null=True, related_name="+")
    image_digest = models.CharField(max_length=DIGEST_LENGTH, blank=True, default="")
    first_seen = models.PositiveBigIntegerField()
    last_seen = models.PositiveBigIntegerField()
    count = models.PositiveBigIntegerField(default=1)
    #: The deployment that let it run there, or the alert.
    deployment = models.ForeignKey(Deployment, models.PROTECT, null=True, related_name="sightings")
    alert = models.ForeignKey(Alert, models.PROTECT, null=True, related_name="sightings")
    agent = models.ForeignKey(_PERSON, models.PROTECT, related_name="+", db_index=False)

    objects = SightingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "target", "seen", "image_digest"], name="deployments_sighting_once"
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "-last_seen"], name="deployments_newest_sighting"),
        ]

    def __str__(self) -> str:
        return f"{self.target} in {self.environment_id}"

    @property
    def content_digest(self) -> str:
        """The digest that was seen; empty when an agent named a version instead."""
        return digest_of_key(self.seen)
