"""Experiments, their tags, and the roles granted on one of them."""

from django.conf import settings
from django.db import models

from accounts.grants import TeamGrant, UserGrant, role_permissions
from accounts.models import Project
from accounts.scopes import AccessPath
from audit.models import Audited
from tracking.querysets import ExperimentQuerySet


class Lifecycle(models.TextChoices):
    """Whether something is in use or was deleted; a deleted thing stays and can be restored."""

    ACTIVE = "active"
    DELETED = "deleted"


class Experiment(Audited):
    """A series of runs that belong together.

    While an experiment is deleted its runs count as deleted too, without a row of theirs being touched. Times are
    milliseconds since 1970, as everywhere in tracking.
    """

    audit_type = "experiment"

    project = models.ForeignKey(Project, models.PROTECT, related_name="experiments")
    name = models.CharField(max_length=500)
    artifact_location = models.CharField(max_length=1000)
    lifecycle_stage = models.CharField(max_length=8, choices=Lifecycle, default=Lifecycle.ACTIVE)
    creation_time = models.BigIntegerField()
    last_update_time = models.BigIntegerField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        constraints = [
            # Also deleted experiments keep their names: MLflow's clients find them by it.
            models.UniqueConstraint(fields=["project", "name"], name="tracking_experiment_name"),
        ]
        indexes = [models.Index(fields=["project", "-creation_time", "id"], name="tracking_experiment_newest")]
        permissions = role_permissions()

    def __str__(self) -> str:
        return self.name

    @property
    def audit_label(self) -> str:
        return self.name

    def access_path(self) -> AccessPath:
        return AccessPath(project_id=self.project_id, experiment_id=self.pk, owner_id=self.owner_id)


class ExperimentTag(models.Model):
    """A free remark on an experiment."""

    governed = True

    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="tags")
    key = models.CharField(max_length=250)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "key"], name="tracking_experiment_tag")]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class ExperimentUserGrant(UserGrant):
    """A role of one person on an experiment."""

    governed = True
    content_object = models.ForeignKey(Experiment, models.PROTECT, related_name="user_grants")

    class Meta(UserGrant.Meta):
        abstract = False


class ExperimentTeamGrant(TeamGrant):
    """A role of a team on an experiment."""

    governed = True
    content_object = models.ForeignKey(Experiment, models.PROTECT, related_name="team_grants")

    class Meta(TeamGrant.Meta):
        abstract = False
