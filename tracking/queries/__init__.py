"""Reads of tracking. All take the principal, then the project, and answer only with what the principal may see.

What clients need is here by name; ``heads`` finds rows for operations, ``children`` fills pages of runs.
"""

from tracking.queries.artifacts import find_space_owner, space_owner_of
from tracking.queries.experiments import (
    NOTE_TAG,
    ExperimentView,
    find_visible_experiment,
    get_experiment,
    get_experiment_by_name,
    note_of,
    search_experiments,
)
from tracking.queries.logged_models import get_logged_model, search_logged_models
from tracking.queries.metrics import get_metric_history, sample_metric_history
from tracking.queries.run_search import RunView, search_runs
from tracking.queries.runs import get_run, get_run_head, runs_of

__all__ = [
    "NOTE_TAG",
    "ExperimentView",
    "RunView",
    "find_space_owner",
    "find_visible_experiment",
    "get_experiment",
    "get_experiment_by_name",
    "get_logged_model",
    "get_metric_history",
    "get_run",
    "get_run_head",
    "note_of",
    "runs_of",
    "sample_metric_history",
    "search_experiments",
    "search_logged_models",
    "search_runs",
    "space_owner_of",
]
