"""Doing the same to many runs at once: tagging, deleting, restoring. All change, or when one is refused, none."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.exceptions import InvalidInput, NotFound
from audit.operation import bulk_write, operation, require
from tracking.exceptions import NoSuchRun
from tracking.lineage import capture_tags
from tracking.models import Run, RunTag
from tracking.operations.active import check_run_active
from tracking.operations.runs import NAME_TAG, delete_run, restore_run
from tracking.rules import check_key, read_tags

#: So many runs can be changed by one call.
MOST_RUNS: Final = 500


@bulk_write
def tag_runs(
    actor: Principal,
    project: Project,
    run_ids: Sequence[str],
    *,
    tags: Sequence[Mapping[str, Any]] = (),
    remove: Sequence[str] = (),
) -> int:
    """Set tags of many runs and take others off; return how many runs there were.

    A run's name is not changed like this. Raises InvalidInput, NotActive and NoSuchRun.
    """
    runs = _find_runs(project, run_ids)
    for run in runs:
        require(Action.WRITE, run)
        check_run_active(run)
    put, removed = read_tags(tags), [check_key(key, "remove") for key in remove]
    if NAME_TAG in put or NAME_TAG in removed:
        raise InvalidInput(f"The tag '{NAME_TAG}' is a run's name: rename runs one by one.")
    RunTag.objects.filter(run__in=runs, key__in=removed).delete()
    RunTag.objects.bulk_create(
        (
            RunTag(run_id=run.pk, experiment_id=run.experiment_id, key=key, value=value)
            for run in runs
            for key, value in put.items()
        ),
        update_conflicts=True,
        unique_fields=["run", "key"],
        update_fields=["value"],
    )
    capture_tags(actor, project, runs, put)
    return len(runs)


@operation
def delete_runs(actor: Principal, project: Project, run_ids: Sequence[str]) -> int:
    """Delete runs until they are restored; return how many there were. Raises StillNeeded and NoSuchRun."""
    runs = _find_runs(project, run_ids)
    for run in runs:
        require(Action.TRASH, run)
        delete_run(actor, project, run.uid)
    return len(runs)


@operation
def restore_runs(actor: Principal, project: Project, run_ids: Sequence[str]) -> int:
    """Restore runs; return how many there were. Raises NotActive when their experiment is deleted, and NoSuchRun."""
    runs = _find_runs(project, run_ids)
    for run in runs:
        require(Action.TRASH, run)
        restore_run(actor, project, run.uid)
    return len(runs)


def _find_runs(project: Project, run_ids: Sequence[str]) -> list[Run]:
    wanted = _checked_ids(run_ids)
    found = Run.objects.select_related("experiment").filter(uid__in=wanted)
    runs = [run for run in found if run.experiment.project_id == project.pk]
    missing = set(wanted) - {run.uid for run in runs}
    if missing:
        raise NoSuchRun(f"Run with id={min(missing)[:80]} not found.")
    # In an order that two calls share, so that they wait for each other and do not deadlock.
    return sorted(runs, key=lambda run: run.uid)


def _checked_ids(run_ids: Sequence[str]) -> list[str]:
    wanted = list(set(run_ids))
    if not wanted:
        raise InvalidInput("Choose at least one run.")
    if len(wanted) > MOST_RUNS:
        raise InvalidInput(f"At most {MOST_RUNS} runs can be changed at once; {len(wanted)} were chosen.")
    if any("\x00" in run_id for run_id in wanted):
        raise NotFound("There is no such run.")
    return wanted
