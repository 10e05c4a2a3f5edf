"""Making people, the first administrator, and the commands."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.bootstrap import first_admin_link
from accounts.models import SetUpCode, Token, User
from accounts.operations import (
    activate_user,
    create_first_administrator,
    create_service_account,
    create_user,
    deactivate_user,
    set_password,
    update_user,
)
from accounts.principals import CONSOLE
from audit.exceptions import AlreadyExists, InvalidInput, InvalidState, NotFound, PermissionDenied
from audit.models import AuditEvent
from tests.conftest import PASSWORD


def test_a_platform_admin_makes_people(admin):
    user = create_user(admin, "grace", password=PASSWORD)

    assert user.check_password(PASSWORD)
    assert user.uid.startswith("usr_")
    assert AuditEvent.objects.latest("id").object_id == user.uid


@pytest.mark.parametrize("who", ["viewer", "contributor", "maintainer", "approver", "outsider"])
def test_nobody_else_makes_people(who, request):
    with pytest.raises(PermissionDenied):
        create_user(request.getfixturevalue(who), "grace", password=PASSWORD)

    assert not User.objects.filter(username="grace").exists()


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012345", "grace.hopper.1", "x" * 2000])
def test_weak_passwords_are_refused(password, admin):
    with pytest.raises(InvalidInput):
        create_user(admin, "grace.hopper", password=password)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 151, "<script>", "a:b"])
def test_names_that_cannot_be_typed_are_refused(name, admin):
    with pytest.raises(InvalidInput):
        create_user(admin, name, password=PASSWORD)


def test_names_are_unique_without_regard_to_case(admin):
    create_user(admin, "Grace", password=PASSWORD)

    with pytest.raises(AlreadyExists):
        create_user(admin, "grace", password=PASSWORD)


def test_a_deactivated_person_can_be_let_in_again(admin, viewer):
    assert not deactivate_user(admin, viewer.user, reason="On leave.").is_active
    assert activate_user(admin, viewer.user).is_active


def test_the_last_platform_admin_cannot_be_shut_out(admin):
    with pytest.raises(InvalidState):
        deactivate_user(admin, admin.user)


def test_a_forgotten_password_is_replaced_by_a_platform_admin(admin, viewer):
    set_password(admin, viewer.user, "a brand new password")

    assert User.objects.get(pk=viewer.user.pk).check_password("a brand new password")


def test_a_service_account_gets_no_password(admin, project):
    with pytest.raises(InvalidState):
        set_password(admin, create_service_account(admin, "ci", project), PASSWORD)


def test_people_change_their_own_details(viewer):
    update_user(viewer, viewer.user, display_name="Vi Ewer")

    assert str(User.objects.get(pk=viewer.user.pk)) == "Vi Ewer"


def test_people_do_not_change_each_other(viewer, contributor):
    with pytest.raises(PermissionDenied):
        update_user(viewer, contributor.user, display_name="Somebody")


def test_the_link_of_the_first_start_makes_the_first_administrator_once(db):
    code = first_admin_link("http://localhost:8000").rpartition("/")[2]

    user = create_first_administrator(CONSOLE, code, "ada", password=PASSWORD)

    assert User.objects.platform_admins().get() == user
    with pytest.raises(NotFound):
        create_first_administrator(CONSOLE, code, "eve", password=PASSWORD)
    assert first_admin_link("http://localhost:8000") is None


def test_a_new_link_voids_the_old_one(db):
    old = first_admin_link("http://localhost:8000").rpartition("/")[2]
    first_admin_link("http://localhost:8000")

    with pytest.raises(NotFound):
        create_first_administrator(CONSOLE, old, "ada", password=PASSWORD)


def test_only_the_hash_of_a_link_is_kept(db):
    code = first_admin_link("http://localhost:8000").rpartition("/")[2]

    assert code not in str(SetUpCode.objects.values().get())


def test_create_admin_takes_the_password_from_a_file(db, tmp_path):
    (tmp_path / "password").write_text(f"{PASSWORD}\n")

    call_command("create_admin", "ada", password_file=str(tmp_path / "password"))

    assert User.objects.platform_admins().get().check_password(PASSWORD)


def test_create_admin_says_what_is_wrong(db, tmp_path):
    (tmp_path / "password").write_text("short")

    with pytest.raises(CommandError, match="too short"):
        call_command("create_admin", "ada", password_file=str(tmp_path / "password"))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("create_admin", "ada", password_file=str(tmp_path / "nowhere"))


def test_issue_token_prints_the_token_alone(contributor):
    out = io.StringIO()
    call_command("issue_token", "contributor", project="default", scope=["view,write"], expires="30", stdout=out)

    secret = out.getvalue().strip()
    token = Token.objects.get()
    assert secret.startswith("sk_pat_")
    assert "\n" not in secret
    assert (token.owner, token.scopes, token.project.slug) == (contributor.user, ["view", "write"], "default")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "ghost"}, "no user"),
        ({"name": "contributor", "project": "nowhere"}, "no project"),
        ({"name": "contributor", "scope": ["everything"]}, "no scope"),
        ({"name": "contributor", "expires": "tomorrow"}, "neither a day"),
        ({"name": "contributor", "expires": "2020-01-01"}, "in the future"),
        ({"name": "contributor", "expires": "400"}, "365 days"),
    ],
)
def test_issue_token_says_what_is_wrong(arguments, sentence, contributor):
    with pytest.raises(CommandError, match=sentence):
        call_command("issue_token", arguments.pop("name"), **arguments)
    assert not Token.objects.exists()
