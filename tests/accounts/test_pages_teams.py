"""Teams by their pages."""

import pytest

from accounts.models import RoleBinding, Team, TeamMembership
from accounts.operations import add_member, create_team, grant_role
from accounts.roles import Role


@pytest.fixture
def crew(admin, project, contributor):
    """A team with the contributor in it that may approve."""
    team = create_team(admin, "crew", project)
    add_member(admin, team, contributor.user)
    grant_role(admin, team, Role.APPROVER, project)
    return team


def test_a_team_of_the_project_is_made(admin, session_of):
    sent = session_of(admin).post("/projects/default/teams/new", {"slug": "science", "description": ""})

    team = Team.objects.get(slug="science")
    assert sent["Location"] == f"/teams/{team.pk}"
    assert str(team.project) == "default"


def test_a_team_of_the_server_is_made_and_renamed(admin, session_of):
    browser = session_of(admin)
    browser.post("/teams/new", {"slug": "platform"})
    team = Team.objects.get(slug="platform")

    browser.post(f"/teams/{team.pk}/edit", {"slug": "infrastructure", "description": "Keeps it up"})

    team.refresh_from_db()
    assert (team.slug, team.project, team.description) == ("infrastructure", None, "Keeps it up")


def test_somebody_is_put_into_a_team_and_taken_out(admin, crew, viewer, session_of):
    browser = session_of(admin)

    browser.post(f"/teams/{crew.pk}/members/new", {"user": "viewer"})
    assert TeamMembership.objects.filter(group_id=crew.pk, user=viewer.user).exists()
    address = f"/teams/{crew.pk}/members/{viewer.uid}/remove"
    assert "approver on project default" in browser.get(address).content.decode()
    browser.post(address)

    assert not TeamMembership.objects.filter(group_id=crew.pk, user=viewer.user).exists()


def test_nobody_puts_themself_into_a_team(admin, crew, session_of):
    page = session_of(admin).post(f"/teams/{crew.pk}/members/new", {"user": "admin"}).content.decode()

    assert "Nobody puts themself into a team." in page


def test_a_member_leaves_by_themself(crew, contributor, session_of):
    browser = session_of(contributor)
    address = f"/teams/{crew.pk}/members/{contributor.uid}/remove"

    assert "Leave the team crew?" in browser.get(address).content.decode()
    assert browser.post(address)["Location"] == "/teams"
    assert not TeamMembership.objects.filter(group_id=crew.pk).exists()


def test_a_member_cannot_take_out_another(admin, crew, contributor, viewer, session_of):
    add_member(admin, crew, viewer.user)

    answer = session_of(contributor).post(f"/teams/{crew.pk}/members/{viewer.uid}/remove")

    assert answer.status_code == 403


def test_dissolving_names_what_ends(admin, crew, session_of):
    browser = session_of(admin)

    page = browser.get(f"/teams/{crew.pk}/dissolve").content.decode()
    assert "1 person leaves it at once." in page
    assert "The role approver on project default ends." in page
    browser.post(f"/teams/{crew.pk}/dissolve", {"reason": "reorganised"})

    assert not RoleBinding.objects.active().filter(team=crew).exists()
    assert browser.get(f"/teams/{crew.pk}").status_code == 404


def test_a_list_without_teams_says_how_to_get_one(outsider, session_of):
    assert "No teams" in session_of(outsider).get("/teams").content.decode()
