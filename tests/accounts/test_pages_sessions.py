"""Sessions by their pages: where one is signed in, and ending it."""

import pytest
from django.test import Client

from accounts import sessions
from accounts.models import BrowserSession
from tests.conftest import PASSWORD


@pytest.fixture(autouse=True)
def nothing_seen():
    """Each test begins with a process that has seen nobody."""
    sessions._last_seen.clear()


@pytest.fixture
def sign_in():
    """Signs somebody in by the page and returns their browser."""

    def make(principal, agent):
        browser = Client(headers={"accept": "text/html", "user-agent": f"Mozilla/5.0 (Windows NT 10.0) {agent}"})
        browser.post("/sign-in", {"username": principal.user.username, "password": PASSWORD})
        return browser

    return make


def test_the_profile_lists_browsers_and_marks_this_one(viewer, sign_in):
    here = sign_in(viewer, "Firefox/140.0")
    sign_in(viewer, "Chrome/120.0")

    page = here.get("/profile").content.decode()

    assert page.count("this browser") == 1
    assert "Firefox on Windows" in page
    assert "Chrome on Windows" in page
    assert "127.0.0.1" in page


def test_one_session_is_ended_after_saying_what_happens(viewer, sign_in):
    here, elsewhere = sign_in(viewer, "Firefox/140.0"), sign_in(viewer, "Chrome/120.0")
    other = BrowserSession.objects.get(session_key=elsewhere.session.session_key)

    asked = here.get(f"/profile/sessions/{other.uid}/end").content.decode()
    assert "End the session in Chrome on Windows?" in asked
    assert elsewhere.get("/profile").status_code == 200

    here.post(f"/profile/sessions/{other.uid}/end")
    assert elsewhere.get("/profile").status_code == 302


def test_all_other_sessions_are_ended(viewer, sign_in):
    here, *others = [sign_in(viewer, "Firefox/140.0") for _ in range(3)]

    page = here.post("/profile/sessions/end-others", follow=True).content.decode()

    assert "Signed out of 2 other browsers." in page
    assert [browser.get("/profile").status_code for browser in others] == [302, 302]


def test_the_session_of_somebody_else_is_not_there(viewer, contributor, sign_in):
    here = sign_in(contributor, "Firefox/140.0")
    sign_in(viewer, "Chrome/120.0")
    theirs = BrowserSession.objects.get(user=viewer.user)

    assert here.get(f"/profile/sessions/{theirs.uid}/end").status_code == 404
    assert here.post(f"/profile/sessions/{theirs.uid}/end").status_code == 404


def test_a_platform_admin_ends_all_sessions_of_a_person(admin, viewer, sign_in):
    browser, keeper = sign_in(viewer, "Firefox/140.0"), sign_in(admin, "Chrome/120.0")
    address = f"/people/{viewer.uid}/sessions/end"
    assert "in 1 browser, last seen" in keeper.get(f"/people/{viewer.uid}").content.decode()

    assert "Their tokens go on working." in keeper.get(address).content.decode()
    page = keeper.post(address, {"reason": "lost a laptop"}, follow=True).content.decode()

    assert "viewer is signed out of 1 browser." in page
    assert browser.get("/profile").status_code == 302


def test_others_do_not_end_sessions_of_a_person(viewer, contributor, sign_in):
    browser, other = sign_in(viewer, "Firefox/140.0"), sign_in(contributor, "Chrome/120.0")

    assert other.post(f"/people/{viewer.uid}/sessions/end").status_code == 403

    assert browser.get("/profile").status_code == 200
