"""Registers mlflow_api with Django."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MlflowApiConfig(AppConfig):
    """MLflow's REST protocol over the operations of the other apps."""

    name = "mlflow_api"

    def ready(self) -> None:
        from mlflow_api.workspaces import forget_projects

        post_migrate.connect(forget_projects, dispatch_uid="mlflow_api.projects")
