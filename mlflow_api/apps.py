"""Registers mlflow_api with Django."""

from django.apps import AppConfig


class MlflowApiConfig(AppConfig):
    """MLflow's REST protocol over the operations of the other apps."""

    name = "mlflow_api"
