"""The table of endpoints: MLflow's own, with the function that answers each.

Groups and lines are tried from top to bottom, so the hottest stand first. Every path is served below ``/api/`` and
``/ajax-api/`` by the same view.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mlflow_api import (
    artifact_listing,
    experiments,
    logged_models,
    model_versions,
    registered_models,
    roles,
    runs,
    server,
    users,
    webhooks,
    workspaces,
)
from mlflow_api.transport import Function


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path below the group's, and its function."""

    method: str
    path: str
    function: Function


def _by(method: str) -> Callable[[str, Function], Endpoint]:
    return lambda path, function: Endpoint(method, path, function)


GET, POST, PATCH, DELETE = _by("GET"), _by("POST"), _by("PATCH"), _by("DELETE")

ENDPOINTS: dict[str, list[Endpoint]] = {
    "2.0/mlflow/runs/": [
        POST("log-metric", runs.log_metric),
        POST("log-batch", runs.log_batch),
        GET("get", runs.get),
        POST("create", runs.create),
        POST("update", runs.update),
        POST("log-parameter", runs.log_parameter),
        POST("set-tag", runs.set_tag),
        POST("delete-tag", runs.delete_tag),
        POST("search", runs.search),
        POST("log-inputs", runs.log_inputs),
        POST("outputs", runs.log_outputs),
        POST("log-model", runs.log_model),
        POST("delete", runs.delete),
        POST("restore", runs.restore),
    ],
    "2.0/mlflow/registered-models/": [
        GET("get", registered_models.get),
        GET("alias", registered_models.get_by_alias),
        POST("alias", registered_models.set_alias),
        DELETE("alias", registered_models.delete_alias),
        POST("get-latest-versions", registered_models.get_latest_versions),
        GET("get-latest-versions", registered_models.get_latest_versions),
        POST("create", registered_models.create),
        PATCH("update", registered_models.update),
        POST("rename", registered_models.rename),
        DELETE("delete", registered_models.delete),
        GET("search", registered_models.search),
        POST("set-tag", registered_models.set_tag),
        DELETE("delete-tag", registered_models.delete_tag),
    ],
    "2.0/mlflow/model-versions/": [
        GET("get-download-uri", model_versions.get_download_uri),
        GET("get", model_versions.get),
        POST("create", model_versions.create),
        PATCH("update", model_versions.update),
        DELETE("delete", model_versions.delete),
        GET("search", model_versions.search),
        POST("transition-stage", model_versions.transition_stage),
        POST("set-tag", model_versions.set_tag),
        DELETE("delete-tag", model_versions.delete_tag),
    ],
    "2.0/mlflow/experiments/": [
        GET("get-by-name", experiments.get_by_name),
        GET("get", experiments.get),
        POST("create", experiments.create),
        POST("search", experiments.search),
        GET("search", experiments.search),
        POST("update", experiments.update),
        POST("delete", experiments.delete),
        POST("restore", experiments.restore),
        POST("set-experiment-tag", experiments.set_tag),
        POST("delete-experiment-tag", experiments.delete_tag),
    ],
    "2.0/mlflow/logged-models": [
        POST("", logged_models.create),
        POST("/search", logged_models.search),
        GET("/<model_id>", logged_models.get),
        PATCH("/<model_id>", logged_models.finalize),
        DELETE("/<model_id>", logged_models.delete),
        POST("/<model_id>/params", logged_models.log_params),
        PATCH("/<model_id>/tags", logged_models.set_tags),
        DELETE("/<model_id>/tags/<path:key>", logged_models.delete_tag),
        GET("/<model_id>/artifacts/directories", artifact_listing.of_logged_model),
    ],
    "2.0/mlflow/metrics/": [
        GET("get-history", runs.get_metric_history),
    ],
    "2.0/mlflow/artifacts/": [
        GET("list", artifact_listing.of_run),
    ],
    "2.0/mlflow/webhooks": [
        POST("", webhooks.create),
        GET("", webhooks.search),
        GET("/<webhook_id>", webhooks.get),
        PATCH("/<webhook_id>", webhooks.update),
        DELETE("/<webhook_id>", webhooks.delete),
        POST("/<webhook_id>/test", webhooks.test),
    ],
    "2.0/mlflow/users/": [
        POST("create", users.create),
        GET("get", users.get),
        GET("current", users.get_current),
        GET("list", users.search),
        PATCH("update-password", users.update_password),
        PATCH("update-admin", users.update_admin),
        DELETE("delete", users.delete),
    ],
    "3.0/mlflow/": [
        GET("server-info", server.info),
        GET("workspaces", workspaces.search),
        POST("workspaces", workspaces.create),
        GET("workspaces/<workspace_name>", workspaces.get),
        PATCH("workspaces/<workspace_name>", workspaces.update),
        DELETE("workspaces/<workspace_name>", workspaces.delete),
    ],
    "3.0/mlflow/users/": [
        POST("permissions/grant", users.grant_permission),
        POST("permissions/revoke", users.revoke_permission),
        GET("permissions/get", users.get_permission),
        GET("roles/list", roles.search_of_user),
    ],
    "3.0/mlflow/roles/": [
        POST("create", roles.create),
        GET("get", roles.get),
        GET("list", roles.search),
        PATCH("update", roles.update),
        DELETE("delete", roles.delete),
        POST("assign", roles.assign),
        DELETE("unassign", roles.unassign),
        GET("users/list", roles.search_users),
        POST("permissions/add", roles.add_permission),
        GET("permissions/list", roles.search_permissions),
        PATCH("permissions/update", roles.update_permission),
        DELETE("permissions/remove", roles.remove_permission),
    ],
}
