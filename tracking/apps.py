"""Registers tracking with Django."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """Experiments, runs, metrics, params, tags and logged models."""

    name = "tracking"
