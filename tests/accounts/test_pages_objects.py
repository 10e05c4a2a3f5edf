"""Roles on a single model or experiment by their pages."""

import pytest

from accounts.models import RoleBinding
from accounts.operations import grant_role
from accounts.principals import Principal
from accounts.roles import Action, Role
from registry.operations import create_registered_model
from tracking.operations import create_experiment


@pytest.fixture
def model(contributor, project):
    return create_registered_model(contributor, project, "fraud")


@pytest.fixture
def page(model):
    return f"/access/model/{model.pk}"


def test_roles_here_and_above_are_listed_apart(admin, viewer, outsider, model, page, session_of):
    grant_role(admin, outsider.user, Role.APPROVER, model)

    answer = session_of(viewer).get(page)

    assert [held.binding.user.username for held in answer.context["roles"]] == ["outsider"]
    above = {held.binding.user.username for held in answer.context["above"]}
    assert above == {"admin", "contributor", "viewer"}
    assert "Give a role" not in answer.content.decode()


def test_a_role_is_given_here_and_counts_here_only(admin, outsider, model, page, project, session_of):
    browser = session_of(admin)

    sent = browser.post(f"{page}/grant", {"user": "outsider", "role": "viewer", "reason": "reviews it"})

    assert sent["Location"] == page
    fresh = Principal(outsider.user, auth="session")
    assert (fresh.may(Action.VIEW, model), fresh.may(Action.VIEW, project)) == (True, False)
    assert "reviews it" in browser.get(page).content.decode()


def test_ending_a_role_leads_back_here(admin, outsider, model, page, session_of):
    binding = grant_role(admin, outsider.user, Role.VIEWER, model)

    sent = session_of(admin).post(f"/roles/{binding.pk}/revoke")

    assert sent["Location"] == page
    assert not RoleBinding.objects.active().filter(pk=binding.pk).exists()


def test_a_role_of_a_whole_project_is_not_offered(admin, outsider, page, session_of):
    answer = session_of(admin).post(f"{page}/grant", {"user": "outsider", "role": "project_admin"})

    assert "Select a valid choice" in answer.content.decode()


def test_a_fault_stands_at_its_field_and_what_was_typed_stays(admin, page, session_of):
    answer = session_of(admin).post(f"{page}/grant", {"user": "nobody", "role": "viewer", "reason": "because"})

    text = answer.content.decode()
    assert "There is no user “nobody”." in text
    assert 'value="because"' in text


def test_a_model_is_closed_to_its_project_after_saying_what_that_means(admin, viewer, model, page, session_of):
    browser = session_of(admin)
    assert "does not see it any more" in browser.get(f"{page}/inheritance").content.decode()

    browser.post(f"{page}/inheritance")

    model.refresh_from_db()
    assert not model.inherit_access
    assert session_of(viewer).get(page).status_code == 404
    assert "closed to the project" in browser.get(page).content.decode()


def test_an_experiment_always_inherits(admin, contributor, project, session_of):
    experiment = create_experiment(contributor, project, name="trials")
    browser = session_of(admin)

    assert browser.get(f"/access/experiment/{experiment.pk}").status_code == 200
    assert browser.get(f"/access/experiment/{experiment.pk}/inheritance").status_code == 404


def test_who_may_not_see_it_learns_nothing(admin, outsider, viewer, page, session_of):
    assert session_of(outsider).get(page).status_code == 404
    assert session_of(viewer).get(f"{page}/grant").status_code == 403
    assert session_of(viewer).post(f"{page}/inheritance").status_code == 403


def test_a_kind_that_carries_no_roles_is_not_found(admin, session_of):
    assert session_of(admin).get("/access/run/1").status_code == 404
    assert session_of(admin).get("/access/project/1").status_code == 404


def test_it_costs_the_same_for_many_as_for_few(admin, viewer, model, page, cast, session_of, queries_of):
    browser = session_of(admin)
    grant_role(admin, viewer.user, Role.APPROVER, model)
    few = queries_of(browser, page)

    for number in range(12):
        grant_role(admin, cast(f"more{number}", Role.VIEWER).user, Role.APPROVER, model)

    assert queries_of(browser, page) == few <= 10
