"""Makes tracking known to the graph. Called when the app is ready."""

from lineage import backfill, kinds, particulars, visibility
from tracking.lineage import kinds as ours
from tracking.lineage.backfill import capture_logged_models, capture_runs
from tracking.lineage.particulars import particulars_of_runs


def register() -> None:
    """Say what runs and logged models are called, and which experiments have grants of their own."""
    kinds.register(ours.RUNS, ours.describe_runs)
    kinds.register(ours.LOGGED_MODELS, ours.describe_logged_models)
    kinds.register_name("run", ours.find_runs)
    kinds.register_name("logged_model", ours.find_logged_models)
    visibility.register("experiment", ours.experiments_apart)
    backfill.register("runs", capture_runs)
    backfill.register("logged-models", capture_logged_models)
    particulars.register(ours.RUNS, particulars_of_runs)
