"""The five beats: what an operation must do, and what happens when it leaves one out."""

import pytest

from accounts.models import Project, Team
from accounts.operations import create_team, update_project
from accounts.roles import Action
from audit.event_types import EventType
from audit.exceptions import Conflict, InvalidState, NotFound, PermissionDenied
from audit.models import AuditEvent, RefusedAttempt
from audit.operation import OperationMisused, after_commit, bulk_write, operation, record, require


@operation
def rename(actor, project, name, *, ask=True, tell=True, fail=None):
    """A small operation with switches that leave out a beat."""
    if ask:
        require(Action.MANAGE, project)
    before, project.name = project.name, name
    project.save(update_fields=["name"])
    if tell:
        record(EventType.PROJECT_UPDATED, project, before={"name": before}, after={"name": name})
    if fail:
        raise fail
    return project


def test_an_operation_changes_and_records_in_one_go(maintainer, project):
    rename(maintainer, project, "New")

    project.refresh_from_db()
    event = AuditEvent.objects.latest("id")
    assert project.name == "New"
    assert (event.action, event.outcome, event.actor_uid) == ("project.updated", "ok", maintainer.uid)
    assert (event.object_type, event.object_id, event.object_seq) == ("project", str(project.pk), project.audit_seq)


def test_an_operation_that_does_not_ask_changes_nothing(maintainer, project):
    with pytest.raises(OperationMisused, match="before it asked"):
        rename(maintainer, project, "New", ask=False)

    assert Project.objects.get(pk=project.pk).name == "Default"


def test_an_operation_that_does_not_record_changes_nothing(maintainer, project):
    with pytest.raises(OperationMisused, match="without `record`"):
        rename(maintainer, project, "New", tell=False)

    assert Project.objects.get(pk=project.pk).name == "Default"


def test_an_operation_that_asks_nothing_and_writes_nothing_is_still_refused(maintainer):
    @operation
    def nothing(actor):
        """Leave out every beat."""

    with pytest.raises(OperationMisused, match="never asked"):
        nothing(maintainer)


def test_a_fault_after_the_record_takes_the_event_back_too(maintainer, project):
    events = AuditEvent.objects.count()

    with pytest.raises(ZeroDivisionError):
        rename(maintainer, project, "New", fail=ZeroDivisionError())

    assert Project.objects.get(pk=project.pk).name == "Default"
    assert AuditEvent.objects.count() == events


def test_a_viewer_is_refused_and_the_attempt_is_recorded(viewer, project):
    with pytest.raises(PermissionDenied, match="role maintainer or project admin"):
        rename(viewer, project, "New")

    event = AuditEvent.objects.get(outcome="denied")
    assert (event.action, event.actor_uid, event.object_id) == ("operation.denied", viewer.uid, str(project.pk))
    assert b'"operation":"rename"' in bytes(event.body)
    assert event.object_seq is None


def test_an_outsider_is_told_that_there_is_nothing_and_the_attempt_is_recorded(outsider, project):
    with pytest.raises(NotFound):
        rename(outsider, project, "New")

    assert AuditEvent.objects.get(outcome="denied").actor_uid == outsider.uid


def test_attempts_repeated_within_a_minute_are_counted_and_recorded_once(viewer, project, time_machine_at):
    from audit.operation import flush_refused_attempts

    with time_machine_at("2026-03-01T12:00:05Z"):
        for _ in range(4):
            with pytest.raises(PermissionDenied):
                rename(viewer, project, "New")
    with time_machine_at("2026-03-01T12:03:00Z"):
        assert flush_refused_attempts() == 1
        assert flush_refused_attempts() == 0

    first, summary = AuditEvent.objects.filter(outcome="denied").order_by("id")
    assert b'"repeats"' not in bytes(first.body)
    assert b'"repeats":3' in bytes(summary.body)
    assert not RefusedAttempt.objects.exists()


def test_a_change_that_is_not_possible_now_is_recorded_as_failed(maintainer, project):
    with pytest.raises(InvalidState):
        rename(maintainer, project, "New", fail=InvalidState("Not now."))

    assert AuditEvent.objects.get(outcome="failed").actor_uid == maintainer.uid
    assert Project.objects.get(pk=project.pk).name == "Default"


def test_an_operation_joins_the_one_that_calls_it(admin, project):
    @operation
    def two_teams(actor, project):
        """Make one team, then fail at the second."""
        require(Action.GRANT, project)
        create_team(actor, "red", project)
        create_team(actor, "RED", project)

    with pytest.raises(Exception, match="already"):
        two_teams(admin, project)

    assert not Team.objects.exists()


def test_two_who_read_the_same_state_cannot_both_record(maintainer, project):
    stale = Project.objects.get(pk=project.pk)
    rename(maintainer, project, "First")

    with pytest.raises(Conflict, match="Try again"):
        rename(maintainer, stale, "Second")

    assert Project.objects.get(pk=project.pk).name == "First"


def test_what_comes_after_the_commit_comes_only_after_the_commit(
    maintainer, project, django_capture_on_commit_callbacks
):
    told = []

    @operation
    def tell(actor, project):
        """Say something afterwards."""
        require(Action.VIEW, project)
        after_commit(told.append, project.pk)

    with django_capture_on_commit_callbacks(execute=True):
        tell(maintainer, project)
        assert told == []

    assert told == [project.pk]


def test_record_and_after_commit_belong_into_operations(project):
    with pytest.raises(OperationMisused):
        record(EventType.PROJECT_UPDATED, project)
    with pytest.raises(OperationMisused):
        after_commit(print)


def test_a_bulk_write_cannot_touch_governed_rows(maintainer, project):
    @bulk_write
    def sneak(actor, project):
        """Try to write a governed table."""
        require(Action.MANAGE, project)
        Project.objects.filter(pk=project.pk).update(name="New")

    with pytest.raises(RuntimeError, match="bulk write"):
        sneak(maintainer, project)

    assert Project.objects.get(pk=project.pk).name == "Default"


def test_an_update_that_changes_nothing_records_nothing(maintainer, project):
    events = AuditEvent.objects.count()

    update_project(maintainer, project, name="Default")

    assert AuditEvent.objects.count() == events
