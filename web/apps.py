"""Registers web with Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """What all pages share."""

    name = "web"
