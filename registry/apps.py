"""Registers registry with Django."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Registered models, versions, stages and aliases."""

    name = "registry"

    def ready(self) -> None:
        """Say whose roles count on a model, which rows are facts, and what a version keeps from being deleted."""
        from accounts import grants
        from audit import triggers
        from registry import models

        grants.register_scope("model", models.RegisteredModel, models.ModelUserGrant, models.ModelTeamGrant)
        triggers.close_once(models.StageInterval, "until")
        triggers.close_once(models.AliasInterval, "until")
