"""Accounts: who people are, what they may do, and how they show it."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import authorization, bootstrap
        from accounts.grants import register_scope
        from accounts.models import Project, ProjectTeamGrant, ProjectUserGrant
        from audit.operation import install_authorizer

        register_scope("project", Project, ProjectUserGrant, ProjectTeamGrant)
        install_authorizer(authorization.authorize)
        post_migrate.connect(bootstrap.prepare_after_migrate, sender=self, dispatch_uid="accounts.bootstrap")
