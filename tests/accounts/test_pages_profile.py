"""One's own page: tokens, password, name."""

from django.test import Client

from accounts.models import Token, User
from accounts.operations import add_member, create_team, grant_role
from accounts.roles import Role
from tests.conftest import PASSWORD

NEW_PASSWORD = "a staple for the battery"


def test_a_token_is_made_with_what_was_asked_for(viewer, project, session_of):
    form = {"name": "laptop", "lifetime": 7, "project": project.pk, "scopes": ["view", "write"]}

    shown = session_of(viewer).post("/profile/tokens/new", form)

    token = Token.objects.get()
    assert (token.owner, token.name, token.project, token.scopes) == (viewer.user, "laptop", project, ["view", "write"])
    assert (token.expires_at - token.created_at).days in (6, 7)
    assert shown.context["secret"].startswith("sk_pat_")


def test_a_form_with_faults_keeps_what_was_typed(viewer, session_of):
    page = session_of(viewer).post("/profile/tokens/new", {"name": "", "lifetime": 30, "scopes": ["write"]})

    text = page.content.decode()
    assert "This field is required." in text
    assert 'value="write" class="form-check-input" id="id_scopes_3" checked' in text
    assert '<option value="30" selected>' in text
    assert not Token.objects.exists()


def test_revoking_says_what_will_happen_and_works_at_once(viewer, session_of):
    browser = session_of(viewer)
    secret = browser.post("/first-steps/token").context["secret"]
    script = Client(headers={"authorization": f"Bearer {secret}"})
    address = f"/tokens/{Token.objects.get().uid}/revoke"
    assert script.get("/api/v1/whoami").status_code == 200

    assert "refused from the next request on" in browser.get(address).content.decode()
    assert script.get("/api/v1/whoami").status_code == 200
    assert browser.post(address, {"reason": "lost"})["Location"] == "/profile"

    assert script.get("/api/v1/whoami").status_code == 401
    assert "revoked" in browser.get("/profile").content.decode()


def test_changing_the_password_keeps_this_browser_and_ends_the_others(viewer, session_of):
    here, elsewhere = session_of(viewer), session_of(viewer)

    sent = here.post("/profile/password", {"old": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD})

    assert sent.status_code == 302
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_the_old_password_must_be_right(viewer, session_of):
    form = {"old": "wrong", "new": NEW_PASSWORD, "again": NEW_PASSWORD}

    page = session_of(viewer).post("/profile/password", form).content.decode()

    assert "That is not your present password." in page
    assert User.objects.get(pk=viewer.user.pk).check_password(PASSWORD)


def test_a_person_changes_how_they_are_called(viewer, session_of):
    session_of(viewer).post("/profile/details", {"display_name": "Vera Viewer", "email": "vera@example.org"})

    user = User.objects.get(pk=viewer.user.pk)
    assert (str(user), user.email) == ("Vera Viewer", "vera@example.org")


def test_names_are_text_and_never_markup(viewer, session_of):
    browser = session_of(viewer)

    browser.post("/profile/details", {"display_name": "<script>alert(1)</script>", "email": ""})

    for address in ("/", "/profile", "/audit"):
        assert "<script>alert" not in browser.get(address).content.decode()


def test_a_new_profile_teaches(outsider, session_of):
    page = session_of(outsider).get("/profile").content.decode()

    assert "No tokens yet" in page
    assert "You are in no project yet" in session_of(outsider).get("/").content.decode()


def test_a_token_that_ends_soon_is_pointed_out_and_renewed_with_the_same_rights(viewer, project, session_of):
    browser = session_of(viewer)
    browser.post("/profile/tokens/new", {"name": "nightly", "lifetime": 7, "project": project.pk, "scopes": ["view"]})
    token = Token.objects.get()

    page = browser.get("/profile").content.decode()
    assert "One of your tokens ends within two weeks." in page
    assert f"/profile/tokens/new?like={token.uid}" in page

    form = browser.get(f"/profile/tokens/new?like={token.uid}").context["form"]
    assert (form["name"].value(), form["project"].value(), form["scopes"].value()) == ("nightly", project.pk, ["view"])


def test_the_token_of_somebody_else_is_no_model(viewer, contributor, project, session_of):
    session_of(contributor).post("/profile/tokens/new", {"name": "theirs", "lifetime": 7})

    form = session_of(viewer).get(f"/profile/tokens/new?like={Token.objects.get().uid}").context["form"]

    assert form["name"].value() is None


def test_roles_through_a_team_are_among_ones_roles(admin, outsider, project, session_of):
    team = create_team(admin, "crew", project)
    add_member(admin, team, outsider.user)
    binding = grant_role(admin, team, Role.MAINTAINER, project)

    page = session_of(outsider).get("/profile").content.decode()

    assert f'through team <a class="text-decoration-underline" href="/teams/{team.pk}">crew</a>' in page
    assert f"/roles/{binding.pk}/revoke" not in page
