"""Tracking: experiments, runs, metrics, params, tags and logged models."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.urls import reverse


class TrackingConfig(AppConfig):
    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.grants import register_scope
        from tracking import bootstrap
        from tracking.lineage import registrations
        from tracking.models import Experiment, ExperimentTeamGrant, ExperimentUserGrant
        from tracking.search import lookups

        lookups.register()
        registrations.register()
        register_scope(
            "experiment",
            Experiment,
            ExperimentUserGrant,
            ExperimentTeamGrant,
            page=lambda experiment: reverse("tracking:experiment", args=[experiment.pk]),
        )
        post_migrate.connect(bootstrap.prepare_after_migrate, sender=self, dispatch_uid="tracking.bootstrap")
