"""Registers artifacts with Django."""

from django.apps import AppConfig


class ArtifactsConfig(AppConfig):
    """Where bytes live."""

    name = "artifacts"
