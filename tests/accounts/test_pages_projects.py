"""Projects, their members and service accounts, by their pages."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from accounts.models import Project, RoleBinding, Token, User
from accounts.operations import create_service_account, create_team
from accounts.roles import Role
from audit.models import AuditEvent


def test_a_project_is_made(admin, session_of):
    form = {"slug": "fraud", "name": "Fraud detection", "description": "Cards."}

    sent = session_of(admin).post("/new-project", form)

    assert sent["Location"] == "/projects/fraud"
    assert Project.objects.get(slug="fraud").name == "Fraud detection"


def test_a_bad_short_name_is_said_at_its_field(admin, session_of):
    page = session_of(admin).post("/new-project", {"slug": "Fraud!", "name": "Kept"}).content.decode()

    assert "lower-case letters" in page
    assert 'value="Kept"' in page


def test_a_taken_short_name_is_said_on_the_form(admin, session_of):
    page = session_of(admin).post("/new-project", {"slug": "default"}).content.decode()

    assert "There is a project “default” already." in page


def test_settings_are_changed(admin, project, session_of):
    form = {"name": "Default", "description": "", "viewers_may_download": "on", "lineage_passes": "on"}

    session_of(admin).post("/projects/default/settings", form)

    project.refresh_from_db()
    assert project.viewers_may_download


def test_a_role_is_given_until_a_day_with_a_reason(admin, outsider, session_of):
    day = (timezone.now() + timedelta(days=30)).date()
    form = {"user": "outsider", "role": "viewer", "expires_at": str(day), "reason": "Stands in"}

    sent = session_of(admin).post("/projects/default/members/grant", form)

    assert sent["Location"] == "/projects/default/members"
    binding = RoleBinding.objects.get(user=outsider.user)
    assert binding.expires_at == datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
    page = session_of(admin).get("/projects/default/members").content.decode()
    assert "Stands in" in page


def test_a_given_role_counts_at_once_and_a_revoked_one_no_more(admin, outsider, session_of):
    keeper, guest = session_of(admin), session_of(outsider)
    assert guest.get("/projects/default").status_code == 404

    keeper.post("/projects/default/members/grant", {"user": "outsider", "role": "viewer"})
    assert guest.get("/projects/default").status_code == 200

    binding = RoleBinding.objects.get(user=outsider.user)
    keeper.post(f"/roles/{binding.pk}/revoke", {"reason": "enough"})
    assert guest.get("/projects/default").status_code == 404


def test_nobody_gives_a_role_to_themself(admin, session_of):
    page = session_of(admin).post("/projects/default/members/grant", {"user": "admin", "role": "approver"})

    assert "Nobody gives a role to themself" in page.content.decode()
    assert not RoleBinding.objects.filter(user=admin.user, role=Role.APPROVER).exists()


def test_faults_of_a_grant_stand_at_their_fields(admin, session_of):
    form = {"user": "nobody", "role": "viewer", "expires_at": "2020-01-01", "reason": "typed"}

    page = session_of(admin).post("/projects/default/members/grant", form).content.decode()

    assert "There is no user “nobody”." in page
    assert "This day is over." in page
    assert 'value="typed"' in page


def test_a_grant_needs_exactly_one_holder(admin, viewer, project, session_of):
    team = create_team(admin, "crew", project)
    browser = session_of(admin)

    for holder in ({}, {"user": "viewer", "team": team.pk}):
        page = browser.post("/projects/default/members/grant", {"role": "maintainer", **holder}).content.decode()
        assert "Name either a person or a team." in page


def test_a_role_is_given_to_a_team(admin, project, session_of):
    team = create_team(admin, "crew", project)

    session_of(admin).post("/projects/default/members/grant", {"team": team.pk, "role": "contributor"})

    assert RoleBinding.objects.get(team=team).role == Role.CONTRIBUTOR


def test_one_gives_up_ones_own_role_after_being_warned(viewer, session_of):
    browser = session_of(viewer)
    binding = RoleBinding.objects.get(user=viewer.user)

    assert "You cannot give it back to yourself." in browser.get(f"/roles/{binding.pk}/revoke").content.decode()
    assert browser.post(f"/roles/{binding.pk}/revoke")["Location"] == "/profile"
    assert browser.get("/projects/default").status_code == 404


def test_the_last_platform_admin_stays(admin, session_of):
    binding = RoleBinding.objects.get(user=admin.user, role=Role.PLATFORM_ADMIN)

    page = session_of(admin).post(f"/roles/{binding.pk}/revoke").content.decode()

    assert "This is the last platform admin." in page


def test_a_service_account_is_made_given_a_token_and_closed(admin, session_of):
    browser = session_of(admin)

    made = browser.post("/projects/default/service-accounts/new", {"username": "ci", "display_name": "Nightly"})
    bot = User.objects.get(username="ci")
    assert made["Location"] == f"/service-accounts/{bot.uid}"

    shown = browser.post(f"/service-accounts/{bot.uid}/tokens/new", {"name": "nightly", "lifetime": 30})
    assert shown.context["secret"].startswith("sk_svc_")
    assert Token.objects.get().owner == bot

    assert "Deactivate Nightly?" in browser.get(f"/service-accounts/{bot.uid}/switch").content.decode()
    browser.post(f"/service-accounts/{bot.uid}/switch", {"reason": "done"})
    bot.refresh_from_db()
    assert not bot.is_active


def test_a_refused_attempt_on_a_page_is_recorded(viewer, admin, project, session_of):
    bot = create_service_account(admin, "bot", project)

    session_of(viewer).post(f"/service-accounts/{bot.uid}/tokens/new", {"name": "mine", "lifetime": 30})

    denied = AuditEvent.objects.get(outcome="denied")
    assert denied.actor_uid == viewer.uid
