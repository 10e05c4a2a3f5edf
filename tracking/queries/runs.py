"""Reads one run."""

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from tracking.exceptions import NoSuchRun
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
