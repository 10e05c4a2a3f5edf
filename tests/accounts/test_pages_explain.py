"""“Who may what here, and why?” by its page."""

from accounts.operations import deactivate_user


def ask(browser, **question):
    return browser.get("/explain", {"project": "default", "action": "write", **question}).content.decode()


def test_everybody_who_may_is_listed(admin, contributor, viewer, session_of):
    page = ask(session_of(viewer))

    assert "In default, these may create runs" in page
    assert "<span>contributor</span>" in page
    assert "<span>viewer</span></span></td>" not in page


def test_a_yes_names_the_role_and_a_no_what_is_missing(admin, contributor, viewer, session_of):
    browser = session_of(admin)

    assert "<strong>Yes.</strong>" in ask(browser, principal="contributor")
    refused = ask(browser, principal="viewer")
    assert "<strong>No.</strong>" in refused
    assert "it takes the role contributor or maintainer here" in refused


def test_one_asks_about_oneself_but_not_about_others(viewer, contributor, session_of):
    browser = session_of(viewer)

    assert "<strong>No.</strong>" in ask(browser, principal="viewer")
    assert "To ask about others takes the role" in ask(browser, principal="contributor")


def test_somebody_deactivated_may_nothing(admin, contributor, session_of):
    deactivate_user(admin, contributor.user)

    assert "contributor is deactivated." in ask(session_of(admin), principal="contributor")


def test_a_project_one_may_not_see_is_not_a_choice(outsider, project, session_of):
    page = ask(session_of(outsider))

    assert "You are in no project yet" in page
    assert "these may" not in page
