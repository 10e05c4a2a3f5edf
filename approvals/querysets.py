"""Filters of promotions, with names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from accounts.principals import Principal
from accounts.visibility import visible_q
from audit.models import AuditedQuerySet

if TYPE_CHECKING:
    from approvals.models import PolicyAssignment, PromotionRequest  # noqa: F401


class PromotionRequestQuerySet(AuditedQuerySet["PromotionRequest"]):
    """Filters on promotion requests."""

    def visible_to(self, principal: Principal) -> PromotionRequestQuerySet:
        """Keep the requests about models this principal may see."""
        return self.filter(visible_q(principal, scope_type="model", scope="model_id", inherits="model__inherit_access"))

    def open(self) -> PromotionRequestQuerySet:
        """Keep requests that can still change."""
        from approvals.models import OPEN_STATES

        return self.filter(state__in=OPEN_STATES)


class AssignmentQuerySet(models.QuerySet["PolicyAssignment"]):
    """Filters on assignments of policies."""

    def visible_to(self, principal: Principal) -> AssignmentQuerySet:
        """Keep those of projects, and those of models that this principal may see."""
        from registry.models import RegisteredModel

        return self.filter(Q(model=None) | Q(model__in=RegisteredModel.objects.visible_to(principal)))

    def current(self) -> AssignmentQuerySet:
        """Keep those that hold now."""
        return self.filter(since__isnull=False, until=None)

    def proposed(self) -> AssignmentQuerySet:
        """Keep those that wait for a second person."""
        return self.filter(since=None, until=None)
