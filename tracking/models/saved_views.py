"""Saved views: questions about an experiment's runs that somebody keeps under a name."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.scopes import AccessPath
from audit.models import Audited
from tracking.models.experiments import Experiment
from tracking.querysets import SavedViewQuerySet


class SavedView(Audited):
    """A name for the query of the runs table's address: filter, order, columns, groups.

    A private view is there for its owner alone, a shared one for everybody who sees the experiment. Times are
    milliseconds since 1970.
    """

    audit_type = "saved_view"

    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="saved_views", db_index=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=100)
    query = models.TextField(blank=True)
    shared = models.BooleanField(default=False)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()
    deleted_at = models.BigIntegerField(null=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "owner", "name"],
                condition=Q(deleted_at__isnull=True),
                name="tracking_saved_view_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

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
