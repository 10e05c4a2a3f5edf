"""Nothing is added to what is deleted: the check that most operations of tracking begin with."""

from accounts.models import Project
from accounts.roles import Action
from audit.operation import require
from tracking.exceptions import NotActive
from tracking.models import Experiment, Lifecycle, Run
from tracking.queries.heads import find_run_head
from tracking.rows import RunHead


def check_experiment_active(experiment: Experiment) -> None:
    """Raises NotActive when the experiment is deleted."""
    if experiment.lifecycle_stage != Lifecycle.ACTIVE:
        raise NotActive(
            f"The experiment {experiment.pk} must be in the 'active' state. "
            f"Current state is {experiment.lifecycle_stage}: restore it first."
        )


def check_run_active(run: Run | RunHead) -> None:
    """Raises NotActive when the run is deleted, or its experiment is."""
    if not run.is_active:
        raise NotActive(
            f"The run {run.uid} must be in the 'active' state. "
            "Current state is deleted: restore it, or its experiment, first."
        )


def loggable_run(project: Project, run_id: str) -> RunHead:
    """The run with this id, to which the actor of this operation may log. Raises NoSuchRun and NotActive.

    The run's row is not held: a run that is deleted meanwhile is still there, and what is logged in that moment does
    no harm.
    """
    run = find_run_head(project, run_id)
    require(Action.WRITE, run)
    check_run_active(run)
    return run
