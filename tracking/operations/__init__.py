"""Everything that writes tracking's data: experiments, runs, what is logged to them, logged models.

All take the actor, then the project in which the ids of clients are looked up. Metrics, params and tags of runs come as
JSON objects with the names of MLflow's protocol.
"""

from tracking.operations.experiments import (
    create_default_experiment,
    create_experiment,
    delete_experiment,
    delete_experiment_tag,
    rename_experiment,
    restore_experiment,
    set_experiment_tag,
)
from tracking.operations.inputs import log_inputs, log_outputs
from tracking.operations.logged_models import (
    create_logged_model,
    delete_logged_model,
    delete_logged_model_tag,
    finalize_logged_model,
    log_logged_model_params,
    set_logged_model_tags,
)
from tracking.operations.logging import (
    delete_run_tag,
    log_batch,
    log_metric,
    log_model_history,
    log_param,
    set_run_tag,
)
from tracking.operations.many_runs import delete_runs, restore_runs, tag_runs
from tracking.operations.runs import create_run, delete_run, restore_run, update_run
from tracking.operations.saved_views import change_view, delete_view, save_view

__all__ = [
    "change_view",
    "create_default_experiment",
    "create_experiment",
    "create_logged_model",
    "create_run",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_logged_model",
    "delete_logged_model_tag",
    "delete_run",
    "delete_run_tag",
    "delete_runs",
    "delete_view",
    "finalize_logged_model",
    "log_batch",
    "log_inputs",
    "log_logged_model_params",
    "log_metric",
    "log_model_history",
    "log_outputs",
    "log_param",
    "rename_experiment",
    "restore_experiment",
    "restore_run",
    "restore_runs",
    "save_view",
    "set_experiment_tag",
    "set_logged_model_tags",
    "set_run_tag",
    "tag_runs",
    "update_run",
]
