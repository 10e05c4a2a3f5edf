"""Who may do what: the table of rights, grants and their end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.authorization import explain
from accounts.grants import role_permission
from accounts.models import ProjectTeamGrant, ProjectUserGrant, RoleBinding, User
from accounts.operations import (
    add_member,
    create_project,
    create_team,
    create_user,
    delete_team,
    end_expired_roles,
    grant_role,
    remove_member,
    report_stray_grants,
    revoke_role,
    update_project,
)
from accounts.principals import CONSOLE, Principal
from accounts.roles import Action, Role
from accounts.scopes import PLATFORM, AccessPath
from audit.exceptions import AlreadyExists, InvalidInput, InvalidState, NotFound, PermissionDenied
from audit.guard import lifted
from audit.models import AuditEvent
from tests.conftest import PASSWORD

A = Action
#: DESIGN's table: what a role may do to what others made, in its project.
EXPECTED = {
    Role.VIEWER: {A.VIEW},
    Role.CONTRIBUTOR: {A.VIEW, A.DOWNLOAD, A.WRITE, A.REQUEST},
    Role.MAINTAINER: {
        *(A.VIEW, A.DOWNLOAD, A.LINEAGE, A.WRITE, A.REQUEST, A.RETIRE, A.ROLL_BACK, A.TRASH, A.AUDIT, A.MANAGE)
    },
    Role.APPROVER: {A.VIEW, A.DOWNLOAD, A.LINEAGE, A.REQUEST, A.DECIDE, A.RETIRE, A.ROLL_BACK, A.AUDIT},
    Role.DEPLOYER: {A.VIEW, A.DOWNLOAD, A.DEPLOY, A.ROLL_BACK},
    Role.RECORDS_MANAGER: {A.VIEW, A.LINEAGE, A.RETENTION, A.TRASH, A.AUDIT},
    Role.AUDITOR: {A.VIEW, A.LINEAGE, A.AUDIT},
    Role.PROJECT_ADMIN: {A.VIEW, A.LINEAGE, A.APPROVE_PLAN, A.AUDIT, A.MANAGE, A.GRANT, A.GOVERN},
    Role.INCIDENT_RESPONDER: {A.VIEW, A.REQUEST, A.BREAK_GLASS},
}


class Thing:
    """Something in a project."""

    audit_type = "thing"

    def __init__(self, project_id, owner_id=None, *, inherits=True):
        self.path = AccessPath(project_id=project_id, owner_id=owner_id, inherits=inherits)

    def access_path(self):
        return self.path


def again(principal):
    """The same person at their next request."""
    return Principal(User.objects.get(pk=principal.user.pk), auth=principal.auth)


@pytest.mark.parametrize("role", EXPECTED, ids=str)
def test_a_role_may_do_what_the_table_says_and_nothing_else(role, cast, project):
    person = cast("person", role)

    allowed = {action for action in Action if person.may(action, Thing(project.pk))}

    assert allowed == EXPECTED[role]


def test_a_platform_admin_has_no_rights_in_projects(cast, admin, project):
    person = cast("person")
    grant_role(admin, person.user, Role.PLATFORM_ADMIN)

    person = again(person)
    assert person.may(Action.ADMINISTER, PLATFORM)
    assert not any(person.may(action, Thing(project.pk)) for action in Action if action is not Action.ADMINISTER)


def test_is_superuser_opens_nothing(cast, project):
    person = cast("person")
    person.user.is_superuser = True

    assert not any(person.may(action, Thing(project.pk)) for action in Action)
    assert not person.may(Action.ADMINISTER, PLATFORM)


def test_contributors_retire_and_trash_their_own(contributor, project):
    mine, other = Thing(project.pk, contributor.user.pk), Thing(project.pk, contributor.user.pk + 1)

    assert contributor.may(Action.TRASH, mine)
    assert contributor.may(Action.RETIRE, mine)
    assert not contributor.may(Action.TRASH, other)
    assert not contributor.may(Action.RETIRE, other)


def test_viewers_download_where_the_project_says_so(viewer, maintainer, project):
    assert not viewer.may(Action.DOWNLOAD, Thing(project.pk))

    update_project(maintainer, project, viewers_may_download=True)

    assert again(viewer).may(Action.DOWNLOAD, Thing(project.pk))


def test_cut_inheritance_leaves_project_admins_and_auditors(admin, contributor, cast, project):
    auditor = cast("auditor", Role.AUDITOR)
    cut = Thing(project.pk, inherits=False)

    assert not contributor.may(Action.VIEW, cut)
    assert again(admin).may(Action.GRANT, cut)
    assert auditor.may(Action.VIEW, cut)
    assert not admin.may(Action.WRITE, cut)


def test_a_grant_is_a_guardian_row_with_a_readable_binding(admin, outsider, project):
    binding = grant_role(admin, outsider.user, Role.VIEWER, project, reason="New in the team.")

    row = ProjectUserGrant.objects.get(user=outsider.user)
    assert row.permission.codename == "viewer"
    assert binding.granted_by == admin.user
    assert again(outsider).may(Action.VIEW, project)
    event = AuditEvent.objects.latest("id")
    assert event.action == "role_binding.granted"
    assert outsider.uid.encode() in bytes(event.body)


def test_revoking_takes_effect_at_once(admin, viewer, project):
    revoke_role(admin, RoleBinding.objects.get(user=viewer.user), reason="Moved on.")

    assert not again(viewer).may(Action.VIEW, project)
    assert not ProjectUserGrant.objects.filter(user=viewer.user).exists()
    assert AuditEvent.objects.latest("id").action == "role_binding.revoked"


def test_a_role_that_ended_cannot_be_revoked_again_but_granted_again(admin, viewer, project):
    binding = RoleBinding.objects.get(user=viewer.user)
    revoke_role(admin, binding)

    with pytest.raises(InvalidState):
        revoke_role(admin, binding)
    assert grant_role(admin, viewer.user, Role.VIEWER, project)


def test_nobody_gives_a_role_to_themself(admin, project):
    with pytest.raises(PermissionDenied, match="themself"):
        grant_role(admin, admin.user, Role.APPROVER, project)


def test_nobody_gives_a_role_to_their_own_team(admin, project, cast):
    other = cast("other", Role.PROJECT_ADMIN)
    team = create_team(admin, "risk", project)
    add_member(other, team, admin.user)

    with pytest.raises(PermissionDenied, match="own team"):
        grant_role(admin, team, Role.APPROVER, project)
    assert grant_role(other, team, Role.APPROVER, project)


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.CONTRIBUTOR, Role.APPROVER, Role.AUDITOR], ids=str)
def test_only_project_admins_grant(role, cast, outsider, project):
    with pytest.raises(PermissionDenied):
        grant_role(cast("person", role), outsider.user, Role.VIEWER, project)

    assert not RoleBinding.objects.filter(user=outsider.user).exists()


def test_an_outsider_is_not_told_that_the_project_exists(outsider, project, viewer):
    with pytest.raises(NotFound):
        grant_role(outsider, viewer.user, Role.CONTRIBUTOR, project)


def test_a_role_is_not_given_twice(admin, viewer, project):
    with pytest.raises(AlreadyExists):
        grant_role(admin, viewer.user, Role.VIEWER, project)


def test_roles_belong_to_their_scopes(admin, outsider, project):
    with pytest.raises(InvalidInput):
        grant_role(admin, outsider.user, Role.CONTRIBUTOR)
    with pytest.raises(InvalidInput):
        grant_role(admin, outsider.user, Role.PLATFORM_ADMIN, project)


def test_a_role_stops_counting_when_it_expires_and_is_ended_later(admin, outsider, project, time_machine_at):
    soon = timezone.now() + timedelta(hours=1)
    grant_role(admin, outsider.user, Role.VIEWER, project, expires_at=soon)
    assert again(outsider).may(Action.VIEW, project)

    with time_machine_at((soon + timedelta(minutes=1)).isoformat()):
        assert not again(outsider).may(Action.VIEW, project)
        assert end_expired_roles() == 1
        assert end_expired_roles() == 0

    assert not ProjectUserGrant.objects.filter(user=outsider.user).exists()
    assert AuditEvent.objects.latest("id").action == "role_binding.expired"


def test_a_role_cannot_end_before_it_begins(admin, outsider, project):
    with pytest.raises(InvalidInput):
        grant_role(admin, outsider.user, Role.VIEWER, project, expires_at=timezone.now() - timedelta(days=1))


def test_members_of_a_team_have_its_roles_while_they_are_in_it(admin, outsider, project):
    team = create_team(admin, "science", project)
    grant_role(admin, team, Role.CONTRIBUTOR, project)
    add_member(admin, team, outsider.user)
    assert again(outsider).may(Action.WRITE, project)

    remove_member(admin, team, outsider.user)

    assert not again(outsider).may(Action.WRITE, project)


def test_a_dissolved_team_holds_nothing(admin, outsider, project):
    team = create_team(admin, "science", project)
    grant_role(admin, team, Role.CONTRIBUTOR, project)
    add_member(admin, team, outsider.user)

    delete_team(admin, team, reason="Reorganised.")

    assert not again(outsider).may(Action.VIEW, project)
    assert not ProjectTeamGrant.objects.exists()
    assert create_team(admin, "science", project)


def test_nobody_puts_themself_into_a_team(admin, project):
    with pytest.raises(PermissionDenied, match="themself"):
        add_member(admin, create_team(admin, "risk", project), admin.user)


def test_the_last_platform_admin_keeps_the_role(admin):
    with pytest.raises(InvalidState, match="last platform admin"):
        revoke_role(CONSOLE, RoleBinding.objects.get(user=admin.user, role=Role.PLATFORM_ADMIN))


def test_the_first_administrator_holds_ordinary_grants_on_the_default_project(admin, project):
    roles = set(RoleBinding.objects.filter(user=admin.user, project=project).values_list("role", flat=True))

    assert roles == {"project_admin", "maintainer", "deployer"}


def test_the_second_administrator_holds_none_of_them(admin, project):
    from accounts.operations import create_administrator

    second = Principal(create_administrator(CONSOLE, "second", password=PASSWORD), auth="session")

    assert second.may(Action.ADMINISTER, PLATFORM)
    assert not second.may(Action.VIEW, project)


def test_a_new_project_has_one_admin_and_nobody_else(admin, contributor):
    project = create_project(admin, "vision", admin=contributor.user)

    assert again(contributor).may(Action.GRANT, project)
    assert not again(admin).may(Action.VIEW, project)


def test_loading_grants_is_one_query_however_many_there_are(admin, outsider, project, django_assert_num_queries):
    for number in range(5):
        project = create_project(CONSOLE, f"p{number}", admin=admin.user)
        grant_role(again(admin), outsider.user, Role.VIEWER, project)

    person = again(outsider)
    with django_assert_num_queries(1):
        assert len(person.project_ids_with(Action.VIEW)) == 5
        assert person.may(Action.VIEW, project)


def test_explain_names_the_bindings_that_give_a_right(admin, outsider, project):
    team = create_team(admin, "science", project)
    grant_role(admin, team, Role.CONTRIBUTOR, project)
    add_member(admin, team, outsider.user)

    explanation = explain(again(outsider), Action.WRITE, project)

    assert explanation.allowed
    assert [binding.role for binding in explanation.bindings] == ["contributor"]
    assert "through team science" in explanation.sentence
    assert "granted by admin" in explanation.sentence


def test_explain_says_what_is_missing(outsider, project):
    explanation = explain(outsider, Action.DECIDE, project)

    assert not explanation.allowed
    assert "approver" in explanation.sentence


def test_a_user_who_is_new_has_nothing(admin, project):
    nobody = Principal(create_user(admin, "nobody", password=PASSWORD), auth="session")

    assert not any(nobody.may(action, project) for action in Action)


def test_a_grant_that_no_operation_wrote_is_reported(admin, viewer, project):
    assert report_stray_grants() == 0
    row = ProjectUserGrant.objects.get(user=viewer.user)
    with lifted():
        ProjectUserGrant.objects.create(
            user=admin.user, content_object=project, permission=role_permission(type(project), Role.APPROVER)
        )

    assert report_stray_grants() == 1

    event = AuditEvent.objects.latest("id")
    assert event.action == "project.stray_grants_found"
    assert f"approver of user {admin.user.pk}".encode() in bytes(event.body)
    assert ProjectUserGrant.objects.filter(pk=row.pk).exists()
