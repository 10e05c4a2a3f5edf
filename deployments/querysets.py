"""Filters of deployments, with names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from accounts.principals import Principal
from accounts.roles import Action
from accounts.visibility import visible_q
from audit.models import AuditedQuerySet
from deployments.rules import PERMIT_MINUTES

if TYPE_CHECKING:
    from deployments.models import Alert, Deployment, DeploymentInterval, Environment, Sighting, SigningKey  # noqa: F401


def _of_model(principal: Principal, prefix: str = "") -> Q:
    """Rows about models this principal may see, wherever they run."""
    return visible_q(
        principal,
        project=f"{prefix}model__project_id",
        scope_type="model",
        scope=f"{prefix}model_id",
        inherits=f"{prefix}model__inherit_access",
    )


class EnvironmentQuerySet(AuditedQuerySet["Environment"]):
    """Filters on environments."""

    def visible_to(self, principal: Principal) -> EnvironmentQuerySet:
        """Keep the environments of projects in which the principal may see something."""
        if principal.sees_everything:
            return self.filter(principal.within_token_limit("project_id"))
        return self.filter(project__in=principal.project_ids_with(Action.VIEW) | principal.object_grant_projects())

    def in_use(self) -> EnvironmentQuerySet:
        """Keep those that are not archived."""
        return self.filter(archived_at=None)


class DeploymentQuerySet(AuditedQuerySet["Deployment"]):
    """Filters on deployments."""

    def visible_to(self, principal: Principal) -> DeploymentQuerySet:
        """Keep the deployments of models this principal may see, wherever they run."""
        return self.filter(_of_model(principal))

    def open(self) -> DeploymentQuerySet:
        """Keep those that can still change."""
        return self.filter(closed_at=None)

    def active(self) -> DeploymentQuerySet:
        """Keep those that run now."""
        return self.filter(state="active")

    def during(self, begins: int | None, ends: int | None) -> DeploymentQuerySet:
        """Keep those that were open at some moment from ``begins`` until before ``ends``."""
        found = self
        if begins is not None:
            found = found.filter(Q(closed_at=None) | Q(closed_at__gt=begins))
        return found if ends is None else found.filter(created_at__lt=ends)


class DeploymentIntervalQuerySet(models.QuerySet["DeploymentInterval"]):
    """Filters on the states of deployments."""

    def visible_to(self, principal: Principal) -> DeploymentIntervalQuerySet:
        """Keep those of deployments whose model the principal may see."""
        return self.filter(_of_model(principal, "deployment__"))

    def ran(self) -> DeploymentIntervalQuerySet:
        """Keep the times in which something really ran."""
        return self.filter(state="active")

    def at(self, moment: int) -> DeploymentIntervalQuerySet:
        """Keep what held at a moment (milliseconds)."""
        return self.filter(Q(until=None) | Q(until__gt=moment), since__lte=moment)

    def during(self, begins: int, ends: int) -> DeploymentIntervalQuerySet:
        """Keep what held at some moment from ``begins`` until before ``ends``."""
        return self.filter(Q(until=None) | Q(until__gt=begins), since__lt=ends)


class AlertQuerySet(AuditedQuerySet["Alert"]):
    """Filters on alerts."""

    def visible_to(self, principal: Principal) -> AlertQuerySet:
        """Keep the alerts of projects in which the principal may see everything that is not cut off."""
        if principal.sees_everything:
            return self.filter(principal.within_token_limit("project_id"))
        return self.filter(project__in=principal.project_ids_with(Action.VIEW))

    def unresolved(self) -> AlertQuerySet:
        """Keep those that still hold."""
        return self.filter(resolved_at=None)


class SigningKeyQuerySet(AuditedQuerySet["SigningKey"]):
    """Filters on keys of permits."""

    def trusted(self, moment: int) -> SigningKeyQuerySet:
        """Keep those whose permits may hold: the one in use, and retired ones for as long as a permit can live."""
        longest = PERMIT_MINUTES[1] * 60_000
        return self.filter(Q(retired_at=None) | Q(retired_at__gt=moment - longest), is_lost=False)


class SightingQuerySet(models.QuerySet["Sighting"]):
    """Filters on sightings."""

    def visible_to(self, principal: Principal) -> SightingQuerySet:
        """Keep the sightings in environments of the principal's projects."""
        if principal.sees_everything:
            return self.filter(principal.within_token_limit("environment__project_id"))
        return self.filter(environment__project__in=principal.project_ids_with(Action.VIEW))
