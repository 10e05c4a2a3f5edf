"""The addresses of the pages of accounts."""

from django.urls import URLPattern, path

from accounts.views import explain, members, people, profile, projects, service_accounts, sign_in, teams

app_name = "accounts"
urlpatterns: list[URLPattern] = [
    path("set-up/<str:code>", sign_in.set_up, name="set-up"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("first-steps", profile.first_steps, name="first-steps"),
    path("first-steps/token", profile.first_token, name="first-token"),
    path("profile", profile.profile, name="profile"),
    path("profile/details", profile.details, name="details"),
    path("profile/password", profile.password, name="password"),
    path("profile/tokens/new", profile.new_token, name="new-token"),
    path("tokens/<str:uid>/revoke", profile.revoke_token, name="revoke-token"),
    path("projects", projects.project_list, name="projects"),
    path("new-project", projects.new_project, name="new-project"),
    path("projects/<slug:slug>", projects.project, name="project"),
    path("projects/<slug:slug>/settings", projects.project_settings, name="project-settings"),
    path("projects/<slug:slug>/members", members.members, name="members"),
    path("projects/<slug:slug>/members/grant", members.grant, name="grant"),
    path("projects/<slug:slug>/teams", projects.project_teams, name="project-teams"),
    path("projects/<slug:slug>/teams/new", teams.new_team, name="new-project-team"),
    path(
        "projects/<slug:slug>/service-accounts",
        projects.project_service_accounts,
        name="project-service-accounts",
    ),
    path("projects/<slug:slug>/service-accounts/new", service_accounts.new_service_account, name="new-service-account"),
    path("roles/<int:pk>/revoke", members.revoke, name="revoke-role"),
    path("service-accounts/<str:uid>", service_accounts.service_account, name="service-account"),
    path("service-accounts/<str:uid>/tokens/new", service_accounts.new_service_token, name="new-service-token"),
    path("service-accounts/<str:uid>/switch", service_accounts.switch_service_account, name="switch-service-account"),
    path("teams", teams.team_list, name="teams"),
    path("teams/new", teams.new_team, name="new-team"),
    path("teams/<int:pk>", teams.team, name="team"),
    path("teams/<int:pk>/edit", teams.edit_team, name="edit-team"),
    path("teams/<int:pk>/members/new", teams.add_member, name="add-member"),
    path("teams/<int:pk>/members/<str:uid>/remove", teams.remove_member, name="remove-member"),
    path("teams/<int:pk>/dissolve", teams.dissolve_team, name="dissolve-team"),
    path("people", people.people, name="people"),
    path("people/new", people.new_person, name="new-person"),
    path("people/<str:uid>", people.person, name="person"),
    path("people/<str:uid>/edit", people.edit_person, name="edit-person"),
    path("people/<str:uid>/password", people.reset_password, name="reset-password"),
    path("people/<str:uid>/switch", people.switch_person, name="switch-person"),
    path("people/<str:uid>/roles/new", people.grant_globally, name="grant-globally"),
    path("explain", explain.explain, name="explain"),
]
