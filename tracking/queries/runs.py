"""Reads one run, or runs that are named."""

from collections.abc import Sequence

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from tracking.exceptions import NoSuchRun
from tracking.models import Experiment, Run
from tracking.queries import children
from tracking.queries.heads import find_run_head
from tracking.rows import RunHead, RunRow


def get_run_head(principal: Principal, project: Project, run_id: str) -> RunHead:
    """A run without what was logged to it; deleted ones too. Raises NoSuchRun, also when they may not see it."""
    head = find_run_head(project, run_id)
    if not principal.may(Action.VIEW, head):
        raise NoSuchRun(f"Run with id={run_id[:80]} not found.")
    return head


def get_run(principal: Principal, project: Project, run_id: str) -> RunRow:
    """A run with its metrics, params, tags, inputs and outputs; deleted ones too. Raises NoSuchRun."""
    row = RunRow(get_run_head(principal, project, run_id))
    children.fill({row.head.pk: row})
    return row


def runs_of(experiment: Experiment, run_ids: Sequence[str]) -> list[Run]:
    """Those of these runs that lie in an experiment which the asker is known to see; deleted ones too. One query."""
    # The experiment is compared here: a database might read all its runs to find a few.
    found = [
        run for run in Run.objects.filter(uid__in=run_ids).select_related("owner") if run.experiment_id == experiment.pk
    ]
    for run in found:
        run.experiment = experiment
    return found
