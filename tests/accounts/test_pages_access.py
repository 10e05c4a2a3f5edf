"""Every page as everybody: nobody, an outsider, a viewer, a project admin, a platform admin."""

import pytest
from django.test import Client

from accounts.models import RoleBinding, Token
from accounts.operations import create_service_account, create_team, grant_role, issue_token
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from registry.operations import create_registered_model

PEOPLE = ("outsider", "viewer", "keeper", "admin")
#: page: what the outsider, the viewer, the project admin and the platform admin get.
PAGES = {
    "/": (200, 200, 200, 200),
    "/profile": (200, 200, 200, 200),
    "/profile/details": (200, 200, 200, 200),
    "/profile/password": (200, 200, 200, 200),
    "/profile/tokens/new": (200, 200, 200, 200),
    "/profile/sessions/end-others": (200, 200, 200, 200),
    "/profile/sessions/{bot}/end": (404, 404, 404, 404),
    "/first-steps": (200, 200, 200, 200),
    "/projects": (200, 200, 200, 200),
    "/new-project": (403, 403, 403, 200),
    "/projects/default": (404, 200, 200, 200),
    "/projects/default/settings": (404, 403, 200, 200),
    "/projects/default/members": (404, 200, 200, 200),
    "/projects/default/members/grant": (404, 403, 200, 200),
    "/projects/default/teams": (404, 200, 200, 200),
    "/projects/default/teams/new": (404, 403, 200, 200),
    "/projects/default/service-accounts": (404, 200, 200, 200),
    "/projects/default/service-accounts/new": (404, 403, 200, 200),
    "/service-accounts/{bot}": (404, 200, 200, 200),
    "/service-accounts/{bot}/tokens/new": (404, 403, 200, 200),
    "/service-accounts/{bot}/switch": (404, 403, 200, 200),
    "/roles/{binding}/revoke": (404, 403, 200, 200),
    "/tokens/{token}/revoke": (404, 404, 404, 200),
    "/teams": (200, 200, 200, 200),
    "/teams/new": (403, 403, 403, 200),
    "/teams/{team}": (404, 200, 200, 200),
    "/teams/{team}/edit": (404, 403, 200, 200),
    "/teams/{team}/members/new": (404, 403, 200, 200),
    "/teams/{team}/dissolve": (404, 403, 200, 200),
    "/people": (403, 403, 403, 200),
    "/people/new": (403, 403, 403, 200),
    "/people/{person}": (403, 403, 403, 200),
    "/people/{person}/edit": (403, 403, 403, 200),
    "/people/{person}/password": (403, 403, 403, 200),
    "/people/{person}/switch": (403, 403, 403, 200),
    "/people/{person}/sessions/end": (403, 403, 403, 200),
    "/people/{person}/roles/new": (403, 403, 403, 200),
    "/access/model/{model}": (404, 200, 200, 200),
    "/access/model/{model}/grant": (404, 403, 200, 200),
    "/access/model/{model}/inheritance": (404, 403, 200, 200),
    "/explain": (200, 200, 200, 200),
    "/audit": (200, 200, 200, 200),
}


@pytest.fixture
def things(admin, project, contributor):
    """Something behind every address."""
    bot = create_service_account(Principal(admin.user, auth="session"), "bot", project)
    token, _ = issue_token(contributor, name="laptop")
    binding = RoleBinding.objects.get(user=contributor.user)
    team = create_team(admin, "crew", project)
    return {
        "bot": bot.uid,
        "binding": binding.pk,
        "token": token.uid,
        "team": team.pk,
        "person": contributor.uid,
        "model": create_registered_model(contributor, project, "fraud").pk,
    }


@pytest.fixture
def keeper(cast):
    """Gives and takes roles in the default project, and is nothing else."""
    return cast("keeper", Role.PROJECT_ADMIN)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_for_those_it_is_for(page, things, session_of, request):
    answers = {
        name: session_of(request.getfixturevalue(name)).get(page.format(**things)).status_code for name in PEOPLE
    }

    assert answers == dict(zip(PEOPLE, PAGES[page], strict=True))


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(page, things):
    address = page.format(**things)

    answer = Client(headers={"accept": "text/html"}).get(address)

    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in?next={address}"


def test_a_form_that_is_not_offered_changes_nothing_when_sent_all_the_same(viewer, things, session_of):
    browser = session_of(viewer)
    before = RoleBinding.objects.count(), Token.objects.count()

    for address, form in (
        ("/projects/default/members/grant", {"user": "admin", "role": "maintainer"}),
        (f"/roles/{things['binding']}/revoke", {}),
        (f"/service-accounts/{things['bot']}/tokens/new", {"name": "mine", "lifetime": 90}),
        (f"/teams/{things['team']}/dissolve", {}),
    ):
        assert browser.post(address, form).status_code == 403

    assert (RoleBinding.objects.count(), Token.objects.count()) == before
    assert RoleBinding.objects.active().filter(pk=things["binding"]).exists()


def test_a_page_offers_only_what_one_may_do(viewer, admin, session_of):
    seen = session_of(viewer).get("/projects/default/members").content.decode()
    kept = session_of(admin).get("/projects/default/members").content.decode()

    assert "Give a role" not in seen
    assert "Settings" not in seen
    assert "Revoke" not in seen
    assert "Give a role" in kept
    assert "Settings" in kept


def test_an_auditor_reads_the_people_and_changes_nobody(cast, admin, session_of, contributor):
    auditor = cast("auditor")
    grant_role(CONSOLE, auditor.user, Role.AUDITOR)
    browser = session_of(auditor)

    assert browser.get("/people").status_code == 200
    page = browser.get(f"/people/{contributor.uid}").content.decode()
    assert "Deactivate" not in page
    assert browser.get(f"/people/{contributor.uid}/switch").status_code == 403


def test_a_refusal_is_a_page_with_a_sentence(viewer, session_of):
    answer = session_of(viewer).get("/projects/default/members/grant")

    page = answer.content.decode()
    assert "<h1>You may not do this</h1>" in page
    assert "It takes the role project admin" in page
