"""What the API of accounts does: people, teams, projects, roles and tokens."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import RoleBinding, Team, Token, User
from accounts.operations import add_member, create_service_account, create_team, grant_role, revoke_role
from accounts.principals import CONSOLE
from accounts.roles import Role
from registry.operations import create_registered_model
from tests.conftest import PASSWORD


@pytest.fixture
def api(admin, client_of):
    """The platform admin's client."""
    return client_of(admin)


def post(client, address, **body):
    return client.post(f"/api/v1/{address}", body, content_type="application/json")


def test_whoami_tells_what_one_holds(contributor, client_of):
    told = client_of(contributor).get("/api/v1/whoami").json()

    assert told["user"]["uid"] == contributor.uid
    assert told["auth"] == "token"
    assert told["projects"] == [{"project": "default", "roles": ["contributor"]}]


def test_a_person_is_made_changed_shut_out_and_let_in(api):
    made = post(api, "users", username="grace", password=PASSWORD)
    address = f"users/{made.json()['uid']}"

    assert made.status_code == 201
    changed = api.patch(f"/api/v1/{address}", {"display_name": "Grace"}, content_type="application/json")
    assert changed.json()["display_name"] == "Grace"
    assert post(api, f"{address}/deactivate", reason="left").json()["is_active"] is False
    assert post(api, f"{address}/activate").json()["is_active"] is True


def test_a_person_changes_their_own_name_in_a_browser(viewer, session_of):
    address = f"/api/v1/users/{viewer.uid}"

    changed = session_of(viewer).patch(address, {"display_name": "Vera"}, content_type="application/json")

    assert changed.json()["display_name"] == "Vera"


def test_a_team_is_made_filled_emptied_and_dissolved(api, viewer):
    team = post(api, "teams", slug="crew", project="default").json()
    address = f"teams/{team['id']}"

    assert post(api, f"{address}/members", user="viewer").json()["user"] == viewer.uid
    assert [row["username"] for row in api.get(f"/api/v1/{address}/members").json()["results"]] == ["viewer"]
    assert api.delete(f"/api/v1/{address}/members/{viewer.uid}").status_code == 204
    assert post(api, f"{address}/dissolve").status_code == 204
    assert Team.objects.get(pk=team["id"]).deleted_at is not None
    assert api.get(f"/api/v1/{address}").status_code == 404


def test_a_project_is_made_with_roles_that_can_be_seen(api):
    made = post(api, "projects", slug="fraud", name="Fraud").json()

    assert made["my_roles"] == ["maintainer", "project admin"]
    changed = api.patch("/api/v1/projects/fraud", {"viewers_may_download": True}, content_type="application/json")
    assert changed.json()["viewers_may_download"] is True


def test_a_role_is_given_counts_at_once_and_is_taken_away(api, outsider, client_of):
    guest = client_of(outsider)
    assert guest.get("/api/v1/projects/default").status_code == 404

    given = post(api, "role-bindings", user="outsider", role="viewer", scope="project/default", reason="new").json()
    assert guest.get("/api/v1/projects/default").status_code == 200
    assert given["scope"] == "project/default"

    taken = post(api, f"role-bindings/{given['id']}/revoke", reason="moved on").json()
    assert guest.get("/api/v1/projects/default").status_code == 404
    assert taken["ended_at"] is not None


def test_roles_are_given_on_the_server_and_to_teams(api, admin, viewer, project):
    team = create_team(admin, "crew", project)

    everywhere = post(api, "role-bindings", user=viewer.uid, role="auditor", scope="server").json()
    through = post(api, "role-bindings", team=team.pk, role="approver", scope="project/default").json()

    assert everywhere["scope"] == "server"
    assert (through["team"], through["user"]) == (team.pk, None)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"role": "viewer", "scope": "project/default"}, 400, "Name either a user or a team."),
        ({"user": "nobody", "role": "viewer", "scope": "project/default"}, 404, "There is no user “nobody”."),
        ({"user": "viewer", "role": "king", "scope": "project/default"}, 400, 'role: "king" is not a valid choice.'),
        ({"user": "viewer", "role": "viewer", "scope": "galaxy/1"}, 400, "“galaxy/1” names nothing."),
        ({"user": "viewer", "role": "viewer", "scope": "project/none"}, 404, "There is no project “none”"),
        ({"user": "viewer", "role": "viewer", "scope": "project/default"}, 400, "has the role viewer here already"),
        ({"user": "admin", "role": "approver", "scope": "project/default"}, 403, "Nobody gives a role to themself"),
        ({"user": "viewer", "role": "viewer", "scope": "server"}, 400, "held in a project, not everywhere"),
    ],
)
def test_a_grant_that_cannot_be_is_refused_with_a_sentence(api, viewer, body, status, message):
    answer = post(api, "role-bindings", **body)

    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_bindings_are_found_by_holder_role_and_state(api, viewer, contributor):
    ended = RoleBinding.objects.get(user=viewer.user)
    post(api, f"role-bindings/{ended.pk}/revoke")

    def ids(query):
        return [row["id"] for row in api.get(f"/api/v1/role-bindings?{query}").json()["results"]]

    assert ids(f"user={viewer.uid}") == [ended.pk]
    assert ended.pk in ids("active=false")
    assert ended.pk not in ids("active=true")
    assert ids("role=contributor") == [RoleBinding.objects.get(user=contributor.user).pk]


def test_a_token_is_issued_in_a_session_shown_once_and_revoked(viewer, session_of):
    browser = session_of(viewer)

    issued = post(browser, "tokens", name="laptop", scopes=["view"], project="default")
    token = issued.json()

    assert issued.status_code == 201
    assert issued["Cache-Control"] == "no-store"
    assert token["secret"].startswith("sk_pat_")
    assert "secret" not in browser.get(f"/api/v1/tokens/{token['uid']}").json()
    script = Client(headers={"authorization": f"Bearer {token['secret']}"})
    assert script.get("/api/v1/projects/default").status_code == 200
    assert post(browser, f"tokens/{token['uid']}/revoke").json()["is_usable"] is False
    assert script.get("/api/v1/projects/default").status_code == 401


def test_no_token_makes_tokens_for_its_owner(viewer, client_of):
    answer = post(client_of(viewer), "tokens", name="more")

    assert answer.status_code == 403
    assert "A token cannot do this" in answer.json()["message"]


def test_a_project_admin_issues_tokens_for_its_service_accounts(api, admin, project):
    bot = create_service_account(admin, "bot", project)

    issued = post(api, "tokens", owner="bot", name="nightly").json()

    assert issued["owner"] == bot.uid
    assert issued["secret"].startswith("sk_svc_")


def test_a_token_that_lasts_too_long_is_refused(viewer, session_of):
    far = (timezone.now() + timedelta(days=400)).isoformat()

    answer = post(session_of(viewer), "tokens", name="laptop", expires_at=far)

    assert answer.status_code == 400
    assert answer.json()["message"] == "A token must expire in the future, within 365 days."


def test_explain_names_the_binding_or_what_is_missing(api, contributor, viewer):
    address = "/api/v1/access/explain?action=write&object=project/default&principal="

    yes, no = api.get(f"{address}contributor").json(), api.get(f"{address}viewer").json()

    assert (yes["allowed"], no["allowed"]) == (True, False)
    assert [binding["user"] for binding in yes["bindings"]] == [contributor.uid]
    assert "it takes the role contributor or maintainer here" in no["sentence"]


def test_an_outsiders_rights_end_where_a_tokens_project_ends(admin, client_of, project):
    limited = client_of(admin, project=project)

    assert limited.get("/api/v1/projects").json()["results"][0]["slug"] == "default"
    assert post(limited, "projects", slug="fraud").status_code == 403


def test_the_same_name_twice_is_refused_as_such(api, viewer):
    answer = post(api, "users", username="VIEWER", password=PASSWORD)

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "RESOURCE_ALREADY_EXISTS"
    assert User.objects.filter(username__iexact="viewer").count() == 1


def test_a_role_that_has_ended_is_not_taken_twice(api, viewer):
    binding = RoleBinding.objects.get(user=viewer.user, role=Role.VIEWER)
    post(api, f"role-bindings/{binding.pk}/revoke")

    again = post(api, f"role-bindings/{binding.pk}/revoke")

    assert again.status_code == 409
    assert again.json()["error_code"] == "INVALID_STATE"


def test_the_scopes_of_a_token_hold_in_the_api(contributor, client_of):
    narrow = client_of(contributor, scopes=["write"])

    assert narrow.get("/api/v1/projects").json()["results"] == []
    assert Token.objects.get().scopes == ["write"]


def test_a_token_that_is_not_for_reading_lists_nobody(admin, contributor, client_of, project):
    crew = create_team(admin, "crew", project)
    add_member(admin, crew, contributor.user)
    narrow, wide = client_of(contributor, scopes=["write"]), client_of(contributor, scopes=["view"])

    def found(client, name):
        return len(client.get(f"/api/v1/{name}").json()["results"])

    lists = ("users", "teams", "role-bindings", "tokens", "projects", "service-accounts")
    assert [found(narrow, name) for name in lists] == [1, 0, 0, 0, 0, 0]
    assert narrow.get("/api/v1/users").json()["results"][0]["uid"] == contributor.uid
    assert [found(wide, name) for name in ("users", "teams", "projects")] == [2, 1, 1]


def test_a_token_that_is_not_for_reading_lists_no_model_either(admin, contributor, outsider, client_of, project):
    grant_role(admin, outsider.user, Role.CONTRIBUTOR, create_registered_model(contributor, project, "fraud"))

    def found(**token):
        return len(client_of(outsider, **token).get("/api/v1/registered-models").json()["results"])

    assert (found(scopes=["write"]), found(scopes=["view"])) == (0, 1)


def test_a_platform_admin_signs_somebody_out_of_all_browsers(api, viewer, session_of):
    browser = session_of(viewer)
    assert browser.get("/profile").status_code == 200

    answer = post(api, f"users/{viewer.uid}/end-sessions", reason="left")

    assert answer.json() == {"ended": 1}
    assert browser.get("/profile").status_code == 302


def test_explain_answers_as_of_a_moment(api, contributor):
    address = f"/api/v1/access/explain?action=write&object=project/default&principal={contributor.uid}"
    revoke_role(CONSOLE, RoleBinding.objects.get(user=contributor.user))
    later = (timezone.now() + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    was = RoleBinding.objects.get(user=contributor.user).granted_at.isoformat().replace("+00:00", "Z")

    then = api.get(f"{address}&at={was}").json()
    assert (then["allowed"], [row["role"] for row in then["bindings"]]) == (True, ["contributor"])
    assert "contributor could write: contributor on this project" in then["sentence"]
    assert not api.get(address).json()["allowed"]
    assert "there was no such thing yet" in api.get(f"{address}&at=2020-01-01T00:00:00Z").json()["sentence"]
    to_come = api.get(f"{address}&at={later}")
    assert (to_come.status_code, to_come.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_lists_are_filtered_by_project(api, admin, viewer, project, session_of):
    create_team(admin, "crew", project)
    create_team(admin, "platform")
    create_service_account(admin, "bot", project)
    post(session_of(viewer), "tokens", name="laptop", project="default")

    def count(query):
        return len(api.get(f"/api/v1/{query}").json()["results"])

    assert [count(f"{name}?project=default") for name in ("teams", "service-accounts", "tokens")] == [1, 1, 1]
    assert [count(f"{name}?project=none") for name in ("teams", "service-accounts", "tokens")] == [0, 0, 0]
    assert count("teams") == 2
    assert count(f"tokens?owner={viewer.uid}") == 1
