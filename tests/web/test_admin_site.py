"""The admin site is a window: platform admins and auditors look through it, and nothing can be changed from it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.admin_site import site
from accounts.models import User
from accounts.operations import grant_role
from accounts.principals import CONSOLE
from accounts.roles import Role
from audit.guard import _WRITE


@pytest.fixture
def auditor(cast):
    """Reads everything, changes nothing."""
    principal = cast("auditor")
    grant_role(CONSOLE, principal.user, Role.AUDITOR)
    return principal


def models():
    return sorted((model._meta.app_label, model._meta.model_name) for model in site._registry)


def test_platform_admins_see_accounts_and_auditors_everything(admin, auditor, session_of):
    keeper, reader = session_of(admin), session_of(auditor)

    assert keeper.get("/admin/").status_code == reader.get("/admin/").status_code == 200
    for app, model in models():
        address = f"/admin/{app}/{model}/"
        assert reader.get(address).status_code == 200, address
        assert keeper.get(address).status_code == (200 if app == "accounts" else 403), address


def test_the_key_of_a_session_is_nowhere_to_be_read(admin, auditor, viewer, session_of):
    theirs = session_of(viewer)
    theirs.get("/profile")

    assert not {"session", "browsersession"} & {model for _, model in models()}
    for browser in (session_of(admin), session_of(auditor)):
        assert browser.get("/admin/accounts/browsersession/").status_code in (403, 404)
        assert theirs.session.session_key not in browser.get(f"/people/{viewer.uid}").content.decode()


@pytest.mark.parametrize("name", ["outsider", "viewer", "maintainer"])
def test_nobody_else_looks(name, session_of, request):
    browser = session_of(request.getfixturevalue(name))

    for address in ("/admin/", "/admin/accounts/user/", "/admin/jsi18n/", "/admin/nothing"):
        assert browser.get(address).status_code == 403


def test_no_form_of_the_admin_site_writes(auditor, session_of):
    browser = session_of(auditor)
    row = User.objects.get(username="auditor").pk

    with CaptureQueriesContext(connection) as queries:
        for app, model in models():
            browser.post(f"/admin/{app}/{model}/", {"action": "delete_selected", "_selected_action": [1]})
            for page in ("add/", f"{row}/change/", f"{row}/delete/"):
                answer = browser.post(f"/admin/{app}/{model}/{page}", {"username": "changed", "post": "yes"})
                assert answer.status_code in (302, 403), (app, model, page)

    written = {match.group(1) for query in queries for match in _WRITE.finditer(query["sql"])}
    assert written <= {"django_session", "accounts_browsersession"}


def test_signing_in_and_changing_passwords_is_not_done_here(admin, session_of):
    browser = session_of(admin)

    for address in ("login", "logout", "password_change"):
        assert browser.post(f"/admin/{address}/").status_code == 404


def test_secrets_and_private_values_are_not_shown(auditor, session_of):
    browser = session_of(auditor)
    user = User.objects.get(username="auditor")

    page = browser.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()

    assert "md5$" not in page
    assert ("audit", "auditprivate") not in models()
    assert ("web", "idempotencykey") not in models()


def test_lists_take_few_queries_however_long(auditor, cast, session_of, queries_of):
    browser = session_of(auditor)
    address = "/admin/accounts/rolebinding/"
    few = queries_of(browser, address)

    for number in range(30):
        cast(f"user{number}", Role.VIEWER)

    assert queries_of(browser, address) == few <= 8
