"""Registers registry with Django."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Registered models, versions, stages and aliases."""

    name = "registry"
