"""Where somebody is signed in, and ending it."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import sessions
from accounts.browsers import browser_in_words
from accounts.models import BrowserSession
from accounts.operations import (
    activate_user,
    clear_dead_sessions,
    deactivate_user,
    end_all_sessions,
    end_other_sessions,
    end_session,
    set_password,
)
from accounts.principals import Principal
from audit.exceptions import InvalidState, PermissionDenied
from audit.models import AuditEvent
from tests.conftest import PASSWORD

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def nothing_seen():
    """Each test begins with a process that has seen nobody."""
    sessions._last_seen.clear()


@pytest.fixture
def sign_in():
    """Signs somebody in by the page and returns their browser."""

    def make(principal, agent=FIREFOX):
        browser = Client(headers={"accept": "text/html", "user-agent": agent})
        answer = browser.post("/sign-in", {"username": principal.user.username, "password": PASSWORD})
        assert answer.status_code == 302
        return browser

    return make


def is_in(browser):
    return browser.get("/profile").status_code == 200


def session_in(browser):
    return BrowserSession.objects.get(session_key=browser.session.session_key)


def test_signing_in_tells_browser_and_address(viewer, sign_in):
    sign_in(viewer)

    session = BrowserSession.objects.get()
    assert (session.user, session.browser, session.address) == (viewer.user, "Firefox on Linux", "127.0.0.1")


def test_signing_in_again_in_the_same_browser_leaves_one_session(viewer, sign_in):
    browser = sign_in(viewer)

    browser.post("/sign-in", {"username": "viewer", "password": PASSWORD})

    assert BrowserSession.objects.count() == 1
    assert session_in(browser).user == viewer.user


def test_signing_out_forgets_the_session(viewer, sign_in):
    sign_in(viewer).post("/sign-out")

    assert not BrowserSession.objects.exists()


def test_last_seen_is_written_every_few_minutes_only(viewer, sign_in, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(sessions.time, "monotonic", lambda: clock[0])
    browser = sign_in(viewer)
    first = session_in(browser).seen_at

    clock[0] += 60
    assert is_in(browser)
    assert session_in(browser).seen_at == first

    clock[0] += 300
    assert is_in(browser)
    assert session_in(browser).seen_at > first


def test_a_session_from_before_is_told_when_it_is_next_seen(viewer, session_of):
    browser = session_of(viewer)
    assert not BrowserSession.objects.exists()

    assert is_in(browser)

    assert session_in(browser).user == viewer.user


def test_ending_one_session_signs_that_browser_out_at_once(viewer, sign_in):
    here, elsewhere = sign_in(viewer), sign_in(viewer)

    end_session(viewer, session_in(elsewhere))

    assert (is_in(here), is_in(elsewhere)) == (True, False)
    event = AuditEvent.objects.get(action="user.sessions_ended")
    assert (event.actor_uid, event.object_id) == (viewer.uid, viewer.uid)


def test_a_session_is_ended_once(viewer, sign_in):
    session = session_in(sign_in(viewer))
    end_session(viewer, session)

    with pytest.raises(InvalidState, match="has ended already"):
        end_session(viewer, session)


def test_nobody_ends_the_session_of_somebody_else(viewer, contributor, sign_in):
    browser = sign_in(viewer)

    with pytest.raises(PermissionDenied):
        end_session(contributor, session_in(browser))

    assert is_in(browser)


def test_a_token_ends_no_session(viewer, sign_in, client_of):
    browser = sign_in(viewer)
    session = session_in(browser)
    client_of(viewer)
    token = viewer.user.tokens.get()

    with pytest.raises(PermissionDenied):
        end_session(Principal(viewer.user, auth="token", token=token), session)

    assert is_in(browser)


def test_ending_all_others_leaves_this_one(viewer, sign_in):
    here, *others = [sign_in(viewer) for _ in range(3)]

    assert end_other_sessions(viewer, here=here.session.session_key) == 2

    assert [is_in(browser) for browser in (here, *others)] == [True, False, False]
    assert AuditEvent.objects.filter(action="user.sessions_ended").count() == 1


def test_ending_no_other_session_is_no_event(viewer, sign_in):
    here = sign_in(viewer)

    assert end_other_sessions(viewer, here=here.session.session_key) == 0

    assert not AuditEvent.objects.filter(action="user.sessions_ended").exists()


def test_a_platform_admin_ends_all_sessions_of_somebody(admin, viewer, sign_in):
    browsers = [sign_in(viewer), sign_in(viewer)]

    assert end_all_sessions(admin, viewer.user, reason="lost a laptop") == 2

    assert not any(is_in(browser) for browser in browsers)


def test_others_do_not(contributor, viewer, sign_in):
    browser = sign_in(viewer)

    with pytest.raises(PermissionDenied):
        end_all_sessions(contributor, viewer.user)

    assert is_in(browser)


def test_a_new_password_ends_them(admin, viewer, sign_in):
    browser = sign_in(viewer)

    set_password(admin, viewer.user, "a staple for the battery")

    assert not is_in(browser)
    assert not BrowserSession.objects.exists()


def test_a_changed_password_keeps_this_browser_only(viewer, sign_in):
    here, elsewhere = sign_in(viewer), sign_in(viewer)
    new = "a staple for the battery"

    here.post("/profile/password", {"old": PASSWORD, "new": new, "again": new})

    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert BrowserSession.objects.get().session_key == here.session.session_key


def test_an_account_that_is_switched_off_and_on_has_no_session_left(admin, viewer, sign_in):
    browser = sign_in(viewer)

    deactivate_user(admin, viewer.user)
    activate_user(admin, viewer.user)

    assert not is_in(browser)
    assert not Session.objects.filter(session_key=browser.session.session_key).exists()


def test_what_has_ended_by_itself_is_forgotten(viewer, sign_in):
    sign_in(viewer)
    Session.objects.all().delete()

    clear_dead_sessions()

    assert not BrowserSession.objects.exists()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("python-requests/2.31", "python-requests"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_in_words(agent, words):
    assert browser_in_words(agent) == words
