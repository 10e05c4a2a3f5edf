"""Registers deployments with Django."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeploymentsConfig(AppConfig):
    """Environments, deployments, permits and sightings."""

    name = "deployments"

    def ready(self) -> None:
        """Say which rows are facts, and what runs keeps from being deleted."""
        from artifacts import blockers as artifact_blockers
        from audit import triggers
        from deployments import bootstrap, models, protection, sections
        from deployments.lineage import kinds
        from registry import blockers, sections as registry_sections
        from tracking import blockers as tracking_blockers

        triggers.append_only(models.Permit)
        triggers.close_once(models.DeploymentInterval, "until")
        kinds.register()
        blockers.register(protection.deployments_of)
        tracking_blockers.register(protection.deployments_made_by)
        artifact_blockers.register(protection.deployments_stored_at)
        registry_sections.register(of_model=sections.of_model, of_version=sections.of_version, steps=sections.steps)
        post_migrate.connect(bootstrap.make_key_after_migrate, sender=self, dispatch_uid="deployments.bootstrap")
