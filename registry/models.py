"""What the registry stores: models, versions, the stays of versions in stages, aliases, and model cards.

Times are milliseconds since 1970, as the MLflow protocol gives them. Nothing here is ever physically removed but tags.
"""

from __future__ import annotations

import time
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.grants import TeamGrant, UserGrant, role_permissions
from accounts.models import Project
from accounts.scopes import AccessPath
from artifacts.models import ArtifactSpace
from audit.models import Audited
from registry.cards import COMMENT_LENGTH
from registry.querysets import (
    AliasIntervalQuerySet,
    AliasRuleQuerySet,
    CardRevisionQuerySet,
    ModelVersionQuerySet,
    RegisteredModelQuerySet,
    StageIntervalQuerySet,
)
from registry.rules import ALIAS_LENGTH, NAME_LENGTH, RUN_ID_LENGTH, TAG_KEY_LENGTH, Stage, is_live, matches_alias
from tracking.expressions import ValueStart
from tracking.models import LoggedModel, Run


class Lifecycle(models.TextChoices):
    """Whether something is in use or lies in the trash."""

    ACTIVE = "active"
    TRASHED = "trashed"


class VersionStatus(models.TextChoices):
    """Whether a version can be loaded, in MLflow's words."""

    READY = "READY"


def now() -> int:
    """The time in milliseconds, as it is stored here."""
    return time.time_ns() // 1_000_000


class Dated(Audited):
    """An audited row that knows when it was made and last changed."""

    created_at = models.PositiveBigIntegerField()
    updated_at = models.PositiveBigIntegerField()

    class Meta:
        abstract = True

    def next_moment(self) -> int:
        """Now, but always after the last change: the order of two changes is never lost, even when the clock jumps."""
        return max(now(), self.updated_at + 1)


class RegisteredModel(Dated):
    """A named line of versions. A prompt is one too: its versions hold text instead of files.

    ``next_version`` only ever grows, also across renames, so that a number never gets a second meaning.
    """

    audit_type: ClassVar[str] = "registered_model"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.TextField(default="", blank=True)
    is_prompt = models.BooleanField(default=False)
    next_version = models.PositiveIntegerField(default=1)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    inherit_access = models.BooleanField(default=True)
    lifecycle = models.CharField(max_length=8, choices=Lifecycle, default=Lifecycle.ACTIVE)
    #: Its card as it reads now.
    card = models.ForeignKey("CardRevision", models.PROTECT, null=True, related_name="+", db_index=False)

    objects = RegisteredModelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(lifecycle=Lifecycle.ACTIVE), name="registry_model_name_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "updated_at"],
                condition=Q(lifecycle=Lifecycle.ACTIVE),
                name="registry_model_by_update",
            ),
        ]
        permissions = role_permissions()

    def __str__(self) -> str:
        return self.name

    @property
    def audit_label(self) -> str:
        return self.name

    def access_path(self) -> AccessPath:
        """Where rights on this model come from."""
        return AccessPath(
            project_id=self.project_id,
            model_id=self.pk,
            inherits=self.inherit_access,
            owner_id=self.owner_id,
        )


class PastName(models.Model):
    """A name that a model has given up, by deletion or by a new name, and the numbers used under it.

    ``next_version`` is where the next model of this name goes on counting; ``last_holder`` may always come back.
    """

    governed: ClassVar[bool] = True

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=NAME_LENGTH)
    next_version = models.PositiveIntegerField()
    last_holder = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="registry_past_name_once")]

    def __str__(self) -> str:
        return self.name


class RegisteredModelTag(models.Model):
    """A key and a value on a model."""

    governed: ClassVar[bool] = True

    pk = models.CompositePrimaryKey("model_id", "key")
    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="tags", db_index=False)
    key = models.CharField(max_length=TAG_KEY_LENGTH)
    value = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(F("key"), ValueStart("value"), F("model"), name="registry_model_by_tag")]

    def __str__(self) -> str:
        return self.key


class ModelVersion(Dated):
    """What exactly is registered under a number.

    ``location`` is where the bytes lie, as a URI. When this house keeps them, ``space_uid`` names the run or logged
    model whose artifacts they are (its space may be made later), and ``prefix`` the folder in it.
    ``content_digest`` is set when the version first leaves stage None; outside places have none.
    ``stage`` and ``stage_since`` repeat the open `StageInterval`. ``card`` is its card as it reads now; until somebody
    writes one for this version, that is the one it started from: the card of the version before, or of what it copies.
    """

    audit_type: ClassVar[str] = "model_version"

    #: The model's, repeated here because lists of versions are read by project.
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    description = models.TextField(default="", blank=True)
    source = models.TextField()
    location = models.TextField()
    space_uid = models.CharField(max_length=64, default="", blank=True)
    prefix = models.TextField(default="", blank=True)
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="model_versions", db_index=False)
    run_uid = models.CharField(max_length=RUN_ID_LENGTH, default="", blank=True)
    run_link = models.TextField(default="", blank=True)
    logged_model = models.ForeignKey(LoggedModel, models.PROTECT, null=True, related_name="model_versions")
    copied_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="copies", db_index=False)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    is_prompt = models.BooleanField(default=False)
    status = models.CharField(max_length=24, choices=VersionStatus, default=VersionStatus.READY)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.NONE)
    stage_since = models.PositiveBigIntegerField()
    content_digest = models.CharField(max_length=64, default="", blank=True)
    frozen_at = models.PositiveBigIntegerField(null=True)
    lifecycle = models.CharField(max_length=8, choices=Lifecycle, default=Lifecycle.ACTIVE)
    card = models.ForeignKey("CardRevision", models.PROTECT, null=True, related_name="+", db_index=False)
    #: Since when nobody may load, promote or deploy it; repeats the open `Quarantine`.
    quarantined_at = models.PositiveBigIntegerField(null=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="registry_version_number_once"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(stage=Stage.PRODUCTION), name="registry_one_production_version"
            ),
            models.CheckConstraint(
                condition=Q(lifecycle=Lifecycle.ACTIVE) | Q(stage__in=[Stage.NONE, Stage.ARCHIVED]),
                name="registry_nothing_live_in_trash",
            ),
        ]
        indexes = [
            models.Index(
                fields=["model", "stage", "-stage_since", "-number"],
                condition=Q(lifecycle=Lifecycle.ACTIVE),
                name="registry_latest_in_stage",
            ),
            models.Index(
                fields=["project", "-updated_at"],
                condition=Q(lifecycle=Lifecycle.ACTIVE),
                name="registry_version_by_update",
            ),
            models.Index(
                fields=["model", "-updated_at"],
                condition=Q(lifecycle=Lifecycle.ACTIVE),
                name="registry_newest_of_model",
            ),
            models.Index(
                fields=["model"],
                condition=Q(stage__in=[Stage.STAGING, Stage.PRODUCTION]),
                name="registry_live_versions",
            ),
            models.Index(fields=["run_uid"], name="registry_version_by_run"),
            # Where nearly every version names no run, SQLite rather reads them all than the index above.
            models.Index(fields=["run"], condition=Q(run__isnull=False), name="registry_version_of_run"),
            models.Index(fields=["space_uid"], name="registry_version_by_space"),
            models.Index(
                fields=["space_uid", "model"],
                condition=Q(quarantined_at__isnull=False),
                name="registry_quarantined_by_space",
            ),
            models.Index(
                fields=["content_digest"], condition=Q(frozen_at__isnull=False), name="registry_version_by_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model.name}/{self.number}"

    @property
    def is_active(self) -> bool:
        """Whether neither the version nor its model lies in the trash."""
        return self.lifecycle == Lifecycle.ACTIVE and self.model.lifecycle == Lifecycle.ACTIVE

    @property
    def audit_label(self) -> str:
        return str(self)

    @property
    def space(self) -> ArtifactSpace | None:
        """The space its files lie in; None when they lie elsewhere or nothing was uploaded yet. One query."""
        return ArtifactSpace.objects.filter(uid=self.space_uid).first() if self.space_uid else None

    @property
    def is_live(self) -> bool:
        """Whether it is in Staging or Production."""
        return is_live(Stage(self.stage))

    def access_path(self) -> AccessPath:
        """Where rights on this version come from: its model's grants; its owner is who registered it."""
        return AccessPath(
            project_id=self.project_id,
            model_id=self.model_id,
            inherits=self.model.inherit_access,
            owner_id=self.creator_id,
        )


class Quarantine(models.Model):
    """A time in which a version is suspected, so that nobody may load, promote or deploy it: a fact, closed once."""

    governed: ClassVar[bool] = True

    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="quarantines")
    reason = models.TextField()
    since = models.PositiveBigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    until = models.PositiveBigIntegerField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    finding = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version"], condition=Q(until=None), name="registry_one_open_quarantine"),
        ]

    def __str__(self) -> str:
        return f"quarantine of {self.version_id} since {self.since}"


class ModelVersionTag(models.Model):
    """A key and a value on a version; of a prompt version also its text."""

    governed: ClassVar[bool] = True

    pk = models.CompositePrimaryKey("version_id", "key")
    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="tags", db_index=False)
    key = models.CharField(max_length=TAG_KEY_LENGTH)
    value = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(F("key"), ValueStart("value"), F("version"), name="registry_version_by_tag")]

    def __str__(self) -> str:
        return self.key


class StageInterval(models.Model):
    """One stay of a version in a stage: a fact, which a trigger lets be closed once and never changed.

    ``since`` belongs to the stay, ``until`` no longer does. ``event_uid`` is the audit event that opened it.
    """

    governed: ClassVar[bool] = True

    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="stage_intervals", db_index=False)
    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="stage_intervals")
    stage = models.CharField(max_length=10, choices=Stage)
    since = models.PositiveBigIntegerField()
    until = models.PositiveBigIntegerField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    event_uid = models.UUIDField()

    objects = StageIntervalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(until=None), name="registry_one_open_stay_per_version"
            ),
            models.UniqueConstraint(
                fields=["model"],
                condition=Q(until=None, stage=Stage.PRODUCTION),
                name="registry_one_open_production_stay",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="registry_stay_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["model", "stage", "since"], name="registry_stays_of_model")]

    def __str__(self) -> str:
        return f"{self.version_id} in {self.stage} since {self.since}"


class AliasKind(models.TextChoices):
    """Who moves an alias."""

    FREE = "free"
    MIRROR = "mirror"  # follows a stage by itself
    GOVERNED = "governed"  # the project says who, and for which stages


class AliasInterval(models.Model):
    """A word that stood, or stands, for one version. The open interval of a ``key`` is the alias as it is now.

    ``alias`` is spelled as it was last written; ``key`` is the same word without regard to case.
    """

    governed: ClassVar[bool] = True

    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="alias_intervals", db_index=False)
    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="alias_intervals", db_index=False)
    alias = models.CharField(max_length=ALIAS_LENGTH)
    key = models.CharField(max_length=3 * ALIAS_LENGTH)  # folding case can make a word longer
    kind = models.CharField(max_length=8, choices=AliasKind)
    since = models.PositiveBigIntegerField()
    until = models.PositiveBigIntegerField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)

    objects = AliasIntervalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "key"], condition=Q(until=None), name="registry_alias_once"),
        ]
        indexes = [
            models.Index(fields=["model", "key", "since"], name="registry_alias_history"),
            models.Index(fields=["version"], condition=Q(until=None), name="registry_aliases_of_version"),
        ]

    def __str__(self) -> str:
        return f"{self.alias} of {self.model_id}"


class AliasRule(models.Model):
    """From when until when the aliases that ``pattern`` names stand for versions in some stages only, in one project.

    ``action`` is the right that setting and removing them takes. Where several rules name an alias all of them count.
    """

    governed: ClassVar[bool] = True

    project = models.ForeignKey(Project, models.PROTECT, related_name="alias_rules", db_index=False)
    pattern = models.CharField(max_length=ALIAS_LENGTH)
    key = models.CharField(max_length=3 * ALIAS_LENGTH)
    stages = models.JSONField()
    action = models.CharField(max_length=20)
    reason = models.CharField(max_length=1000, blank=True, default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    since = models.PositiveBigIntegerField()
    until = models.PositiveBigIntegerField(null=True)

    objects = AliasRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "key"], condition=Q(until=None), name="registry_alias_rule_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pattern} of {self.project_id}"

    def names(self, alias: str) -> bool:
        """Whether it is about this alias."""
        return matches_alias(self.pattern, alias)


class CardRevision(models.Model):
    """The card of a model, or of one version of it, as somebody once saved it: a fact that a trigger keeps.

    ``number`` counts the revisions of one card. ``previous`` is what was there before; for the first revision of a
    version that is the card it started from, another version's.
    """

    governed: ClassVar[bool] = True

    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="card_revisions", db_index=False)
    version = models.ForeignKey(ModelVersion, models.PROTECT, null=True, related_name="card_revisions", db_index=False)
    number = models.PositiveIntegerField()
    sections = models.JSONField()
    digest = models.CharField(max_length=64)
    comment = models.CharField(max_length=COMMENT_LENGTH, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    created_at = models.PositiveBigIntegerField()
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)

    objects = CardRevisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "number"], condition=Q(version=None), name="registry_model_card_revision_once"
            ),
            models.UniqueConstraint(
                fields=["version", "number"],
                condition=Q(version__isnull=False),
                name="registry_version_card_revision_once",
            ),
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"


class ModelUserGrant(UserGrant):
    """A role of one person or service account on one model."""

    governed: ClassVar[bool] = True

    content_object = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="user_grants")

    class Meta(UserGrant.Meta):
        abstract = False


class ModelTeamGrant(TeamGrant):
    """A role of one team on one model."""

    governed: ClassVar[bool] = True

    content_object = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="team_grants")

    class Meta(TeamGrant.Meta):
        abstract = False
