"""Registers accounts with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, teams, service accounts, tokens, roles and grants."""

    name = "accounts"
