"""One role in place of others: both steps, or neither."""

import pytest

from accounts.models import RoleBinding
from accounts.operations import replace_roles, revoke_role
from accounts.roles import Role
from audit.exceptions import Hidden, InvalidState, PermissionDenied
from audit.models import AuditEvent


def roles_of(user):
    return list(RoleBinding.objects.active().filter(user=user).order_by("role").values_list("role", flat=True))


@pytest.fixture
def held(viewer):
    return RoleBinding.objects.get(user=viewer.user)


def test_the_new_role_is_given_and_the_old_one_taken(admin, viewer, held, project):
    replace_roles(admin, viewer.user, Role.CONTRIBUTOR, project, instead_of=[held])

    assert roles_of(viewer.user) == ["contributor"]
    actions = AuditEvent.objects.filter(object_type="role_binding").order_by("-pk").values_list("action", flat=True)
    assert list(actions[:2]) == ["role_binding.revoked", "role_binding.granted"]


def test_a_role_that_is_held_already_stays_as_it_is(admin, viewer, held, project):
    assert replace_roles(admin, viewer.user, Role.VIEWER, project, instead_of=[]) is None

    assert roles_of(viewer.user) == ["viewer"]


def test_when_the_old_one_cannot_be_taken_the_new_one_is_not_given(admin, viewer, held, project):
    revoke_role(admin, held)

    with pytest.raises(InvalidState):
        replace_roles(admin, viewer.user, Role.CONTRIBUTOR, project, instead_of=[held])

    assert roles_of(viewer.user) == []


def test_who_may_not_give_roles_replaces_none(contributor, outsider, viewer, held, project):
    with pytest.raises(PermissionDenied):
        replace_roles(contributor, viewer.user, Role.MAINTAINER, project, instead_of=[held])
    with pytest.raises(Hidden):
        replace_roles(outsider, viewer.user, Role.MAINTAINER, project, instead_of=[held])

    assert roles_of(viewer.user) == ["viewer"]
