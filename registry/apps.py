"""Registers registry with Django."""

from django.apps import AppConfig
from django.urls import reverse


class RegistryConfig(AppConfig):
    """Registered models, versions, stages and aliases."""

    name = "registry"

    def ready(self) -> None:
        """Say whose roles count on a model, which rows are facts, and what a version keeps from being deleted."""
        from accounts import grants
        from artifacts import blockers as artifact_blockers, readers
        from audit import triggers
        from registry import blockers, descendants, models, operations, protection, recalled, stamps
        from registry.lineage import registrations
        from tracking import blockers as tracking_blockers, descendants as tracking_descendants

        grants.register_scope(
            "model",
            models.RegisteredModel,
            models.ModelUserGrant,
            models.ModelTeamGrant,
            set_inheritance=operations.set_inheritance,
            page=lambda model: reverse("registry:model", args=[model.project.slug, model.name]),
        )
        stamps.register(recalled.stamps_of_versions, in_any_stage=True)
        triggers.close_once(models.StageInterval, "until")
        triggers.close_once(models.AliasInterval, "until")
        triggers.close_once(models.AliasRule, "until")
        triggers.append_only(models.CardRevision)
        triggers.close_once(models.Quarantine, "until", "lifted_by", "finding")
        registrations.register()
        tracking_blockers.register(protection.versions_made_by)
        artifact_blockers.register(protection.versions_stored_at, holder=protection.hold_to_delete)
        blockers.register(protection.versions_made_from)
        readers.register(protection.may_download_by_version)
        readers.register_ban(protection.banned_by_quarantine)
        tracking_descendants.register(descendants.versions_of_runs)
        tracking_descendants.register(descendants.versions_of_logged_models)
