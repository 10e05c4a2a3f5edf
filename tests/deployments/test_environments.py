"""Environments are made, changed and archived by those who manage their project."""

import pytest

from audit.exceptions import PermissionDenied
from audit.models import AuditEvent
from deployments.exceptions import EnvironmentExists, EnvironmentNotFound, InvalidDeployment
from deployments.models import Environment
from deployments.operations import archive_environment, create_environment, update_environment
from registry.exceptions import InvalidStage


def make(actor, project, name="prod", **wanted):
    return create_environment(actor, project, name, **({"kind": "production", "required_stage": "Production"} | wanted))


def test_a_maintainer_makes_one(maintainer, project):
    made = make(maintainer, project, change_window={"days": ["Mon"], "from": "09:00", "to": "12:00"})

    assert (made.name, made.permit_minutes, made.needs_image) == ("prod", 15, False)
    assert AuditEvent.objects.get(action="environment.created").object_label == "prod"


@pytest.mark.parametrize("who", ["viewer", "contributor", "approver", "deployer"])
def test_others_make_change_and_archive_none(who, request, project, environment):
    somebody = request.getfixturevalue(who)

    for attempt in (
        lambda: make(somebody, project, "other"),
        lambda: update_environment(somebody, environment, needs_image=True),
        lambda: archive_environment(somebody, environment),
    ):
        with pytest.raises(PermissionDenied):
            attempt()

    assert Environment.objects.get().needs_image is False


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"name": "Prod"}, "small letters"),
        ({"name": "a" * 64}, "small letters"),
        ({"kind": "moon"}, "kind of an environment"),
        ({"permit_minutes": 0}, "1 to 1440 minutes"),
        ({"change_window": {"days": ["Someday"], "from": "09:00", "to": "12:00"}}, "list of"),
        ({"change_window": {"days": ["Mon"], "from": "12:00", "to": "09:00"}}, "begins before"),
        ({"change_window": {"days": ["Mon"], "from": 9, "to": "12:00"}}, "times of day"),
        ({"colour": "red"}, "has no colour"),
    ],
)
def test_what_makes_no_sense_is_refused(maintainer, project, wanted, says):
    with pytest.raises(InvalidDeployment, match=says):
        make(maintainer, project, **wanted)


def test_a_stage_that_there_is_not(maintainer, project):
    with pytest.raises(InvalidStage):
        make(maintainer, project, required_stage="Heaven")


def test_a_name_is_taken_until_it_is_archived(maintainer, project, environment):
    with pytest.raises(EnvironmentExists):
        make(maintainer, project)

    archive_environment(maintainer, environment, reason="Moved.")
    assert make(maintainer, project).pk != environment.pk
    with pytest.raises(EnvironmentNotFound):
        update_environment(maintainer, environment, needs_image=True)


def test_a_change_is_recorded_and_the_same_again_is_not(maintainer, environment):
    for _ in range(2):
        update_environment(maintainer, environment, required_stage="staging", description="Where it runs.")

    changed = AuditEvent.objects.get(action="environment.updated")
    assert b'"required_stage":"Staging"' in bytes(changed.body)
    assert b"Where it runs." not in bytes(changed.body)
