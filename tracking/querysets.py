"""Filters on experiments, runs, logged models and saved views, with names."""

from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.principals import Principal
from accounts.visibility import visible_q
from audit.models import AuditedQuerySet

if TYPE_CHECKING:
    from tracking.models import Experiment, LoggedModel, Run, SavedView  # noqa: F401  # named in strings


class ExperimentQuerySet(AuditedQuerySet["Experiment"]):
    """Filters on experiments."""

    def visible_to(self, principal: Principal) -> "ExperimentQuerySet":
        """Keep the experiments this principal may see."""
        return self.filter(visible_q(principal, scope_type="experiment"))


class RunQuerySet(AuditedQuerySet["Run"]):
    """Filters on runs."""

    def visible_to(self, principal: Principal) -> "RunQuerySet":
        """Keep the runs of the experiments this principal may see."""
        return self.filter(
            visible_q(principal, project="experiment__project_id", scope_type="experiment", scope="experiment_id")
        )


class LoggedModelQuerySet(AuditedQuerySet["LoggedModel"]):
    """Filters on logged models."""

    def visible_to(self, principal: Principal) -> "LoggedModelQuerySet":
        """Keep the logged models of the experiments this principal may see."""
        return self.filter(
            visible_q(principal, project="experiment__project_id", scope_type="experiment", scope="experiment_id")
        )


class SavedViewQuerySet(AuditedQuerySet["SavedView"]):
    """Filters on saved views."""

    def visible_to(self, principal: Principal) -> "SavedViewQuerySet":
        """Keep one's own views and the shared ones, of the experiments this principal may see."""
        seen = visible_q(principal, project="experiment__project_id", scope_type="experiment", scope="experiment_id")
        return self.filter(seen, Q(shared=True) | Q(owner_id=principal.user_id), deleted_at__isnull=True)
