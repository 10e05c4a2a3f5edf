"""The pages of deployments: the board, environments, deployments, alerts, and who is offered what."""

import pytest

from accounts.operations import grant_role
from accounts.principals import Principal
from accounts.roles import Role
from audit.models import AuditEvent
from deployments.models import Alert, Deployment, Environment
from deployments.operations import create_environment, record_sightings, report_state, request_deployment
from deployments.operations.sightings import Observation
from registry.operations import quarantine
from registry.rules import Stage
from tests.deployments.steps import run

UNKNOWN = "e" * 64


@pytest.fixture
def prod(environment):
    """The environment `prod`."""
    return environment


@pytest.fixture
def runs(deployer, prod, register):
    """Version 1 ran in `prod`, version 2 runs there."""
    return [run(deployer, request_deployment(deployer, register(), prod)) for _ in range(2)]


@pytest.fixture
def alert(deployer, prod, runs):
    """Something unknown runs in `prod`."""
    record_sightings(deployer, prod, [Observation("fraud", UNKNOWN)])
    return Alert.objects.get()


@pytest.fixture
def page(session_of):
    """Opens a page as somebody."""

    def get(who, path, status=200, **query):
        response = session_of(who).get(path, query)
        assert response.status_code == status, response.content.decode()[:800]
        return response.content.decode()

    return get


@pytest.fixture
def send(session_of):
    """Sends a form as somebody."""

    def post(who, path, status=302, **fields):
        response = session_of(who).post(path, fields)
        assert response.status_code == status, response.content.decode()[:800]
        return response.content.decode()

    return post


# --- The board --------------------------------------------------------------------------------------------------------


def test_an_empty_board_teaches(page, viewer, maintainer, project):
    for who, may in ((viewer, False), (maintainer, True)):
        html = page(who, "/deployments")
        assert "Nothing is deployed yet" in html
        assert "stagekeeper deploy fraud 7" in html
        assert ("/environments/new" in html) is may


def test_the_board_shows_what_runs_what_ran_and_who_let_it(page, viewer, runs):
    html = page(viewer, "/deployments")

    assert html.count('class="bar hue-0"') >= 2
    assert "fraud v2 at fraud in prod, deployed by deployer" in html
    assert "Who deployed what and when" in html
    for deployment in runs:
        assert f"/deployments/{deployment.pk}" in html


@pytest.mark.parametrize(
    ("query", "versions"),
    [
        ({"person": "deployer"}, {"v1", "v2"}),
        ({"person": "maintainer"}, {"v3"}),
        ({"model": "default/fraud", "environment": "prod", "project": "default"}, {"v1", "v2", "v3"}),
        ({"environment": "test"}, set()),
        ({"days": "7"}, {"v1", "v2", "v3"}),
        ({"page_token": "nonsense"}, {"v1", "v2", "v3"}),
    ],
)
def test_the_board_is_narrowed_by_its_address(
    page, viewer, admin, maintainer, project, runs, prod, register, query, versions
):
    grant_role(admin, maintainer.user, Role.DEPLOYER, project)
    again = Principal(maintainer.user, auth="session")
    run(again, request_deployment(again, register(), prod, target="other"))
    create_environment(maintainer, project, "test", kind="development", required_stage="None")

    html = page(viewer, "/deployments", **query)
    assert {f"v{number}" for number in (1, 2, 3) if f"fraud v{number} at" in html} == versions


def test_what_ran_on_a_day_is_answered(page, viewer, runs, project, time_machine_at):
    from django.utils import timezone

    today = timezone.now().date().isoformat()
    assert "this ran" in page(viewer, "/deployments", at=today)
    assert "nothing" in page(viewer, "/deployments", at="2020-01-01")
    assert "is-invalid" in page(viewer, "/deployments", at="yesterday")


def test_outsiders_see_none_of_it(page, outsider, runs, prod):
    assert "Nothing is deployed yet" in page(outsider, "/deployments")
    for path in (f"/deployments/{runs[0].pk}", f"/environments/{prod.pk}"):
        page(outsider, path, 404)


# --- Environments -----------------------------------------------------------------------------------------------------


def test_an_environment_is_made_changed_and_archived(page, send, maintainer, project):
    wanted = {"project": "default", "name": "prod-eu", "kind": "production", "required_stage": "Production"}
    send(maintainer, "/environments/new", **wanted, days=["Mon"], begins="07:00", ends="16:00", permit_minutes="20")
    environment = Environment.objects.get()
    assert environment.change_window == {"days": ["Mon"], "from": "07:00", "to": "16:00"}
    assert "Mon 07:00 to 16:00 UTC" in page(maintainer, f"/environments/{environment.pk}")

    assert "already" in send(maintainer, "/environments/new", 200, **wanted, permit_minutes="20")
    settings = {"kind": "staging", "required_stage": "Staging", "permit_minutes": "5"}
    send(maintainer, f"/environments/{environment.pk}/edit", **settings, needs_image="on")
    environment.refresh_from_db()
    assert (environment.change_window, environment.needs_image, environment.permit_minutes) == (None, True, 5)

    send(maintainer, f"/environments/{environment.pk}/archive", reason="moved")
    assert "Nothing is deployed" not in page(maintainer, f"/environments/{environment.pk}")
    assert "archived" in page(maintainer, f"/environments/{environment.pk}")


def test_what_still_runs_keeps_an_environment(page, send, maintainer, prod, runs):
    assert "still runs there" in page(maintainer, f"/environments/{prod.pk}/archive")
    assert "stop them first" in send(maintainer, f"/environments/{prod.pk}/archive", 200)


def test_a_window_that_cannot_be_is_refused_and_what_was_typed_stays(send, maintainer, project):
    wanted = {"project": "default", "name": "prod-eu", "kind": "production", "required_stage": "Production"}
    html = send(maintainer, "/environments/new", 200, **wanted, begins="7 o'clock"[:5], permit_minutes="20")

    assert "change window" in html
    assert "prod-eu" in html


def test_only_those_who_may_change_environments(page, send, viewer, deployer, prod):
    for who in (viewer, deployer):
        assert "/edit" not in page(who, f"/environments/{prod.pk}")
        page(who, "/environments/new", 403)
        page(who, f"/environments/{prod.pk}/edit", 403)
        send(who, f"/environments/{prod.pk}/archive", 403)


# --- Deploying --------------------------------------------------------------------------------------------------------


def test_a_version_is_deployed_from_its_page(page, send, deployer, prod, register):
    version = register(Stage.PRODUCTION)
    path = f"/models/default/fraud/versions/{version.number}"
    assert f"{path}/deploy" in page(deployer, path)
    assert "May it run there?" in page(deployer, f"{path}/deploy")

    send(deployer, f"{path}/deploy", environment=prod.pk, target="", reason="Better")
    deployment = Deployment.objects.get()
    assert (deployment.state, deployment.target, deployment.reason) == ("permitted", "fraud", "Better")
    html = page(deployer, f"/deployments/{deployment.pk}")
    assert "permit.json" in html
    assert "verify_permit.py" in html
    assert "prod" in page(deployer, path)


def test_why_it_may_not_run_there_is_said_before_anybody_asks(page, deployer, prod, register):
    version = register(Stage.STAGING)
    html = page(deployer, f"/models/default/fraud/versions/{version.number}/deploy")

    assert "promote it first" in html
    assert "Ask for a permit" not in html


def test_a_refusal_keeps_what_was_typed(send, maintainer, deployer, prod, register):
    version = register(Stage.PRODUCTION)
    wanted = {"environment": prod.pk, "image_digest": "latest", "reason": "Because it is better"}
    html = send(deployer, f"/models/default/fraud/versions/{version.number}/deploy", 200, **wanted)

    assert "not a tag or a name" in html
    assert "Because it is better" in html


def test_only_deployers_are_offered_to_deploy(page, viewer, contributor, prod, version):
    for who in (viewer, contributor):
        assert "/deploy" not in page(who, "/models/default/fraud/versions/1").replace("/deployments", "")
        page(who, "/models/default/fraud/versions/1/deploy", 403)


# --- Deployments ------------------------------------------------------------------------------------------------------


def test_its_state_is_reported_by_a_person(page, send, deployer, prod, register):
    deployment = request_deployment(deployer, register(Stage.PRODUCTION), prod)
    path = f"/deployments/{deployment.pk}"
    for state in ("deploying", "active"):
        assert f'value="{state}"' in page(deployer, f"{path}/report")
        send(deployer, f"{path}/report", state=state, note="By hand")

    assert Deployment.objects.get().state == "active"
    assert "By hand" in page(deployer, path)


def test_a_target_goes_back_after_a_look(page, send, deployer, runs):
    path = f"/deployments/{runs[1].pk}"
    assert "ran here before" in page(deployer, f"{path}/roll-back")
    send(deployer, f"{path}/roll-back", reason="It refuses everything.")
    back = Deployment.objects.latest("pk")
    assert (back.rolls_back_id, back.version_id, back.state) == (runs[1].pk, runs[0].version_id, "permitted")

    for state in ("deploying", "active"):
        report_state(deployer, back, state)
    assert "rolled back" in page(deployer, path)


def test_what_stands_against_going_back_is_said(page, deployer, maintainer, runs):
    quarantine(maintainer, runs[0].version, reason="Leaks?")
    html = page(deployer, f"/deployments/{runs[1].pk}/roll-back")

    assert "is quarantined" in html
    assert "<form" not in html.partition("<main")[2]
    assert "No other version" in page(deployer, f"/deployments/{runs[0].pk}/roll-back")


def test_who_may_not_is_offered_nothing(page, send, viewer, runs):
    path = f"/deployments/{runs[1].pk}"
    html = page(viewer, path)

    assert "/roll-back" not in html
    assert "/report" not in html
    for step in ("report", "roll-back"):
        page(viewer, f"{path}/{step}", 403)
    send(viewer, f"{path}/report", 403, state="stopped")


def test_a_permit_is_a_file(session_of, viewer, runs):
    answer = session_of(viewer).get(f"/deployments/{runs[1].pk}/permit.json")

    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.json()["payloadType"].startswith("application/vnd.stagekeeper.permit")


# --- Alerts -----------------------------------------------------------------------------------------------------------


def test_an_alert_is_seen_taken_and_resolved(page, send, deployer, viewer, alert, prod):
    path = f"/deployments/alerts/{alert.pk}"
    for where in ("/deployments", "/deployments/alerts", f"/environments/{prod.pk}", "/"):
        assert path in page(deployer, where), where
    assert "alerts: </span>1" in page(deployer, "/models")
    assert "alerts: </span>" not in page(viewer, "/models")

    send(deployer, f"{path}/acknowledge")
    assert "looks into it" in page(viewer, f"/environments/{prod.pk}")
    assert "errorlist" in send(deployer, path, 200, finding="")
    send(deployer, path, finding="A test by hand.")
    assert "A test by hand." in page(viewer, path)
    assert "A test by hand." in page(viewer, "/deployments/alerts", show="resolved")


def test_a_viewer_resolves_nothing(send, viewer, alert):
    send(viewer, f"/deployments/alerts/{alert.pk}", 403, finding="Nothing.")
    send(viewer, f"/deployments/alerts/{alert.pk}/acknowledge", 403)


# --- Elsewhere --------------------------------------------------------------------------------------------------------


def test_models_and_versions_say_where_they_run(page, viewer, runs):
    assert "Where it runs" in page(viewer, "/models/default/fraud")
    for number, state in ((1, "superseded"), (2, "active")):
        html = page(viewer, f"/models/default/fraud/versions/{number}")
        assert f"/deployments/{runs[number - 1].pk}" in html
        assert state in html


def test_the_audit_log_leads_to_deployments_and_environments(page, maintainer, runs, prod):
    assert AuditEvent.objects.filter(object_type="deployment").exists()
    html = page(maintainer, "/audit")

    assert f'href="/deployments/{runs[1].pk}"' in html
    assert f'href="/environments/{prod.pk}"' in html


def test_search_finds_environments_and_targets(page, viewer, runs, prod):
    html = page(viewer, "/search", q="prod")

    assert f"/environments/{prod.pk}" in html
    assert f"/deployments/{runs[1].pk}" in page(viewer, "/search", q="fraud")


@pytest.mark.parametrize("count", [2, 12])
def test_pages_cost_a_fixed_number_of_queries(queries_of, session_of, deployer, alert, prod, register, count):
    for _ in range(count):
        last = run(deployer, request_deployment(deployer, register(), prod, target="other"))
    record_sightings(deployer, prod, [Observation(f"place-{number}", UNKNOWN) for number in range(count)])
    browser = session_of(deployer)
    most = {
        "/deployments": 13,
        "/deployments?at=2026-11-21&model=default/fraud": 14,
        f"/environments/{prod.pk}": 13,
        f"/deployments/{last.pk}": 13,
        f"/deployments/{last.pk}/roll-back": 12,
        "/deployments/alerts": 5,
        f"/deployments/alerts/{alert.pk}": 10,
        f"/models/default/fraud/versions/{last.version.number}/deploy": 9,
    }
    assert {path: queries_of(browser, path) for path in most} == most
