"""Filters on experiments, runs and logged models, with names."""

from typing import TYPE_CHECKING

from accounts.principals import Principal
from accounts.visibility import visible_q
from audit.models import AuditedQuerySet

if TYPE_CHECKING:
    from tracking.models import Experiment, LoggedModel, Run  # noqa: F401  # named in strings


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
