"""Tracking: experiments, runs, metrics, params, tags and logged models."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.grants import register_scope
        from tracking.models import Experiment, ExperimentTeamGrant, ExperimentUserGrant
        from tracking.search import lookups

        lookups.register()
        register_scope("experiment", Experiment, ExperimentUserGrant, ExperimentTeamGrant)
