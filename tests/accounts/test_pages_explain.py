"""“Who may what here, and why?” by its page."""

from datetime import timedelta

from django.utils import timezone

from accounts.operations import add_member, create_team, deactivate_user, grant_role, revoke_role
from accounts.roles import Role
from registry.operations import create_registered_model, set_inheritance


def ask(browser, **question):
    return browser.get("/explain", {"project": "default", "action": "write", **question}).content.decode()


def test_everybody_is_shown_with_what_they_may(admin, contributor, viewer, session_of):
    page = ask(session_of(viewer))

    assert 'title="contributor, write: yes"' in page
    assert 'title="viewer, write: no"' in page
    assert 'title="contributor, trash: their own only"' in page
    # The reasons of others are for those who may audit or grant: only one's own marks are links.
    assert "principal=viewer&amp;action=write" in page
    assert "principal=contributor&amp;action=write" not in page


def test_the_past_is_for_those_who_may_audit_or_grant(admin, contributor, viewer, session_of):
    yesterday = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%d")

    mine = session_of(viewer).get("/explain", {"object": "project/default", "at": yesterday})
    all_of_them = session_of(admin).get("/explain", {"object": "project/default", "at": yesterday})

    assert "those of others are for project admins and auditors, and so is the past" not in all_of_them.content.decode()
    assert mine.context["matrix"].page.paginator.count == 1
    assert not all_of_them.context["matrix"].place.now.existed


def test_a_day_to_come_is_no_question(viewer, session_of):
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%d")

    page = ask(session_of(viewer), at=tomorrow)

    assert "This day is still to come." in page
    assert f'value="{tomorrow}"' in page


def test_a_reason_names_every_step_from_the_person_to_the_right(admin, outsider, project, session_of):
    team = create_team(admin, "crew", project)
    add_member(admin, team, outsider.user)
    grant_role(admin, team, Role.MAINTAINER, project, reason="keeps the models")

    page = ask(session_of(admin), principal="outsider", action="manage")

    chain = page[page.index('<ol class="chain">') : page.index("</ol>")]
    for step in ("<span>outsider</span>", "<span>crew</span>", "in the team since", "maintainer", "keeps the models"):
        assert step in chain


def test_a_no_names_what_is_held_in_vain_and_what_was_lost(admin, contributor, viewer, project, session_of):
    lost = grant_role(admin, viewer.user, Role.MAINTAINER, project)
    revoke_role(admin, lost)

    page = ask(session_of(admin), principal="viewer")

    assert "They hold viewer on this project, which does not allow this." in page
    assert "They had the role maintainer until" in page
    assert "when admin took it away" in page


def test_a_model_closed_to_its_project_says_so(admin, contributor, viewer, project, session_of):
    model = create_registered_model(contributor, project, "fraud")
    set_inheritance(admin, model, inherits=False)

    page = session_of(admin).get("/explain", {"object": f"model/{model.pk}", "principal": "viewer", "action": "view"})

    text = page.content.decode()
    assert "but the roles of the project do not count here" in text
    assert "The roles of the project do not count here, except project admin and auditor." in text


def test_a_mark_asks_for_its_reason_alone(admin, contributor, session_of):
    question = {"object": "project/default", "principal": "contributor", "action": "write"}

    part = session_of(admin).get("/explain", question, headers={"hx-request": "true"}).content.decode()

    assert part.strip().startswith("<section")
    assert "<strong>Yes.</strong>" in part


def test_the_server_is_a_place_for_its_admins(admin, viewer, session_of):
    page = ask(session_of(admin), object="server", action="administer", principal="admin")

    assert "<strong>Yes.</strong>" in page
    assert "the whole server" not in ask(session_of(viewer))


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
    assert 'class="cell' not in page
