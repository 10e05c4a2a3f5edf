"""Who may what to an object, now and in the past."""

from datetime import UTC, datetime

import pytest

from accounts.matrix import COLUMNS, matrix
from accounts.models import User
from accounts.operations import (
    activate_user,
    add_member,
    create_project,
    create_team,
    create_user,
    deactivate_user,
    grant_role,
    remove_member,
    revoke_role,
    update_project,
)
from accounts.principals import CONSOLE, Principal
from accounts.roles import Action, Role
from registry.operations import create_registered_model, set_inheritance
from tests.conftest import PASSWORD


def moment(day):
    return datetime(2026, 1, day, 12, tzinfo=UTC)


@pytest.fixture
def on(time_machine_at):
    """It is noon on that day of January."""
    return lambda day: time_machine_at(f"2026-01-{day:02}T12:00:00+00:00")


@pytest.fixture
def project(admin, on):
    """A project that was there at the beginning of the year."""
    with on(1):
        return create_project(CONSOLE, "lab", admin=admin.user)


@pytest.fixture
def person(on):
    with on(1):
        return create_user(CONSOLE, "ada", password=PASSWORD)


def may(user, action, obj, at=None):
    rows = {row.user.pk: row for row in matrix(obj, at).rows}
    return user.pk in rows and rows[user.pk].cell(action).allowed


def test_it_says_what_the_rights_themselves_say(
    admin, approver, maintainer, contributor, viewer, outsider, project, person
):
    team = create_team(admin, "crew", project)
    add_member(admin, team, outsider.user)
    grant_role(admin, team, Role.DEPLOYER, project)
    grant_role(CONSOLE, person, Role.AUDITOR)
    model = create_registered_model(contributor, project, "fraud")
    grant_role(admin, viewer.user, Role.APPROVER, model)

    for obj in (project, model):
        for inherits in (True, False):
            if obj is model:
                set_inheritance(admin, model, inherits=inherits)
                model.refresh_from_db()
            rows = {row.user.pk: row for row in matrix(obj).rows}
            for user in User.objects.all():
                fresh = Principal(user, auth="session")
                seen = {action for action in COLUMNS if user.pk in rows and rows[user.pk].cell(action).allowed}
                assert seen == {action for action in COLUMNS if fresh.may(action, obj)}, (obj, inherits, user)


def test_the_past_and_the_present_agree_about_now(admin, approver, contributor, viewer, project):
    here = matrix(project).rows
    then = matrix(project, datetime.now(tz=UTC)).rows

    assert [(row.user, row.cells) for row in here] == [(row.user, row.cells) for row in then]


def test_a_contributor_may_delete_their_own(admin, contributor, project):
    (row,) = (row for row in matrix(project).rows if row.user == contributor.user)

    assert (row.cell(Action.TRASH).allowed, row.cell(Action.TRASH).own) == (False, True)


def test_a_role_counts_from_its_grant_to_its_end(admin, project, person, on):
    with on(3):
        binding = grant_role(CONSOLE, person, Role.CONTRIBUTOR, project)
    with on(6):
        revoke_role(CONSOLE, binding)

    assert [may(person, Action.WRITE, project, moment(day)) for day in (2, 4, 7)] == [False, True, False]


def test_an_expired_role_counts_until_then_although_nobody_ended_it(admin, project, person, on):
    with on(3):
        grant_role(CONSOLE, person, Role.CONTRIBUTOR, project, expires_at=moment(5))

    assert [may(person, Action.WRITE, project, moment(day)) for day in (4, 6)] == [True, False]


def test_a_role_through_a_team_counts_while_one_is_in_it(admin, project, person, on):
    with on(1):
        team = create_team(admin, "crew", project)
        grant_role(CONSOLE, team, Role.MAINTAINER, project)
    with on(3):
        add_member(admin, team, person)
    with on(6):
        remove_member(admin, team, person)

    assert [may(person, Action.MANAGE, project, moment(day)) for day in (2, 4, 7)] == [False, True, False]
    row = next(row for row in matrix(project, moment(4)).rows if row.user == person)
    assert row.held[0].since == moment(3)


def test_who_was_shut_out_then_could_do_nothing_then(admin, project, person, on):
    with on(2):
        grant_role(CONSOLE, person, Role.CONTRIBUTOR, project)
    with on(4):
        deactivate_user(admin, person)
    with on(6):
        activate_user(admin, person)

    assert [may(person, Action.WRITE, project, moment(day)) for day in (3, 5, 7)] == [True, False, True]


def test_whether_viewers_could_download_is_remembered(admin, project, person, on):
    with on(2):
        grant_role(CONSOLE, person, Role.VIEWER, project)
    with on(4):
        update_project(admin, project, viewers_may_download=True)
    project.refresh_from_db()

    assert [may(person, Action.DOWNLOAD, project, moment(day)) for day in (3, 5)] == [False, True]


def test_whether_a_model_inherited_is_remembered(admin, contributor, project, person, on):
    with on(2):
        grant_role(CONSOLE, person, Role.MAINTAINER, project)
        model = create_registered_model(contributor, project, "fraud")
    with on(4):
        set_inheritance(admin, model, inherits=False)
    model.refresh_from_db()

    assert [may(person, Action.MANAGE, model, moment(day)) for day in (3, 5)] == [True, False]
    assert not may(person, Action.MANAGE, model, moment(1))


@pytest.mark.parametrize("at", [None, moment(9)])
def test_it_takes_as_many_queries_for_many_as_for_few(admin, project, at, on, django_assert_num_queries):
    def fill(first, last):
        for number in range(first, last):
            user = create_user(CONSOLE, f"user{number}", password=PASSWORD)
            grant_role(CONSOLE, user, Role.VIEWER, project)
            add_member(admin, team, user)

    with on(1):
        team = create_team(admin, "crew", project)
        grant_role(CONSOLE, team, Role.MAINTAINER, project)
        fill(0, 3)
    with django_assert_num_queries(4 if at is None else 6):
        assert len(matrix(project, at).rows) >= 3
    with on(1):
        fill(3, 40)
    with django_assert_num_queries(4 if at is None else 6):
        assert len(matrix(project, at).rows) >= 40
