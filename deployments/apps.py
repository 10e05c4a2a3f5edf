"""Registers deployments with Django."""

from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    """Environments, deployments, permits and sightings."""

    name = "deployments"

    def ready(self) -> None:
        """Say which rows are facts."""
        from audit import triggers
        from deployments import models

        triggers.append_only(models.Permit)
        triggers.close_once(models.DeploymentInterval, "until")
