"""Filters of the registry, with names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.principals import Principal
from accounts.visibility import visible_q
from audit.models import AuditedQuerySet
from registry.rules import Stage

if TYPE_CHECKING:
    from registry.models import AliasInterval, AliasRule, CardRevision, ModelVersion, RegisteredModel, StageInterval  # noqa: F401


class RegisteredModelQuerySet(AuditedQuerySet["RegisteredModel"]):
    """Filters on registered models."""

    def visible_to(self, principal: Principal) -> RegisteredModelQuerySet:
        """Keep the models this principal may see."""
        return self.filter(visible_q(principal, scope_type="model", inherits="inherit_access"))

    def active(self) -> RegisteredModelQuerySet:
        """Keep models that are not in the trash."""
        return self.filter(lifecycle="active")


class ModelVersionQuerySet(AuditedQuerySet["ModelVersion"]):
    """Filters on model versions."""

    def visible_to(self, principal: Principal) -> ModelVersionQuerySet:
        """Keep the versions of the models this principal may see."""
        return self.filter(visible_q(principal, scope_type="model", scope="model_id", inherits="model__inherit_access"))

    def active(self) -> ModelVersionQuerySet:
        """Keep versions that are not in the trash; their model may be."""
        return self.filter(lifecycle="active")

    def live(self) -> ModelVersionQuerySet:
        """Keep versions that somebody may rely on, so that nothing under them may vanish."""
        return self.filter(lifecycle="active", stage__in=[Stage.STAGING, Stage.PRODUCTION])

    def relied_on(self) -> ModelVersionQuerySet:
        """Keep versions that are live or that an alias stands for: what they came from must not vanish."""
        from registry.models import AliasInterval

        aliased = AliasInterval.objects.open().filter(version=OuterRef("pk"))
        needed = Q(stage__in=[Stage.STAGING, Stage.PRODUCTION]) | Q(Exists(aliased))
        return self.filter(needed, lifecycle="active", model__lifecycle="active")


class StageIntervalQuerySet(models.QuerySet["StageInterval"]):
    """Filters on stays in stages."""

    def at(self, moment: int) -> StageIntervalQuerySet:
        """Keep the stays that held at a moment (milliseconds)."""
        return self.filter(Q(until=None) | Q(until__gt=moment), since__lte=moment)


class AliasIntervalQuerySet(models.QuerySet["AliasInterval"]):
    """Filters on aliases and their history."""

    def open(self) -> AliasIntervalQuerySet:
        """Keep aliases as they are now."""
        return self.filter(until=None)

    def at(self, moment: int) -> AliasIntervalQuerySet:
        """Keep aliases as they were at a moment (milliseconds)."""
        return self.filter(Q(until=None) | Q(until__gt=moment), since__lte=moment)


class AliasRuleQuerySet(models.QuerySet["AliasRule"]):
    """Filters on rules about aliases."""

    def open(self) -> AliasRuleQuerySet:
        """Keep the rules that count now."""
        return self.filter(until=None)


class CardRevisionQuerySet(models.QuerySet["CardRevision"]):
    """Filters on revisions of model cards."""

    def of(self, owner: RegisteredModel | ModelVersion) -> CardRevisionQuerySet:
        """Keep the revisions of one card: a model's, or a version's own."""
        from registry.models import ModelVersion

        if isinstance(owner, ModelVersion):
            return self.filter(version=owner)
        return self.filter(model=owner, version=None)
