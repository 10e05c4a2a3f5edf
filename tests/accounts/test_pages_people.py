"""People by their pages: what platform admins do."""

from django.test import Client

from accounts.models import RoleBinding, User
from accounts.roles import Role
from tests.conftest import PASSWORD

NEW_PASSWORD = "a staple for the battery"


def test_a_person_is_made(admin, session_of):
    form = {"username": "grace", "display_name": "Grace", "email": "g@example.org"}

    sent = session_of(admin).post("/people/new", {**form, "password": PASSWORD, "again": PASSWORD})

    grace = User.objects.get(username="grace")
    assert sent["Location"] == f"/people/{grace.uid}"
    assert grace.check_password(PASSWORD)


def test_passwords_that_differ_are_said_at_the_second(admin, session_of):
    form = {"username": "grace", "password": PASSWORD, "again": NEW_PASSWORD}

    page = session_of(admin).post("/people/new", form).content.decode()

    assert "This is not the same password." in page
    assert 'value="grace"' in page
    assert PASSWORD not in page


def test_deactivating_shuts_out_at_once_and_activating_lets_in(admin, viewer, session_of):
    browser, guest = session_of(admin), session_of(viewer)
    address = f"/people/{viewer.uid}/switch"
    assert "stop working at once" in browser.get(address).content.decode()

    browser.post(address, {"reason": "left"})
    assert guest.get("/").status_code == 302
    browser.post(address, {"reason": "back"})
    assert guest.get("/").status_code == 200


def test_a_lost_password_is_replaced(admin, viewer, session_of):
    form = {"password": NEW_PASSWORD, "again": NEW_PASSWORD}

    session_of(admin).post(f"/people/{viewer.uid}/password", form)

    assert Client().post("/sign-in", {"username": "viewer", "password": NEW_PASSWORD}).status_code == 302


def test_a_role_on_the_whole_server_is_given(admin, viewer, session_of):
    session_of(admin).post(f"/people/{viewer.uid}/roles/new", {"role": "auditor", "reason": "Annual audit"})

    assert RoleBinding.objects.get(user=viewer.user, role=Role.AUDITOR).scope_type == "global"
    assert session_of(viewer).get("/people").status_code == 200


def test_people_are_found_by_name_or_address(admin, viewer, outsider, session_of):
    browser = session_of(admin)

    found = browser.get("/people", {"q": "outs"}).content.decode()
    assert outsider.uid in found
    assert viewer.uid not in found
    assert "holds “zzz”" in browser.get("/people", {"q": "zzz"}).content.decode()


def test_the_last_platform_admin_is_not_deactivated(admin, session_of):
    page = session_of(admin).post(f"/people/{admin.uid}/switch").content.decode()

    assert "This is the last platform admin." in page
