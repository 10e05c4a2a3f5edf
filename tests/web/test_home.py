"""The start page of each person: what waits, what they work on, what changed, what is in Production; first steps."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.operations import (
    create_project,
    create_user,
    grant_role,
    issue_token,
)
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from registry import operations as registry
from registry.rules import Stage
from tests.conftest import PASSWORD
from tracking import operations as tracking
from tracking.models import Experiment, Run
from web.home import waiting
from web.home.queries import in_production, news_for, work_of
from web.home.waiting import Waiting, waiting_for


def fresh(principal):
    """The same person in another request."""
    return Principal(principal.user, auth="session")


@pytest.fixture
def train(project):
    """Logs a run as somebody; ends it as ``status`` if one is given."""

    def log(principal, name="forest", *, status=None, experiment="churn", at=None):
        known = Experiment.objects.filter(name=experiment).first()
        home = known or tracking.create_experiment(principal, project, name=experiment)
        start = int((at or timezone.now()).timestamp() * 1000)
        run = tracking.create_run(principal, project, experiment_id=str(home.pk), name=name, start_time=start).head
        if status:
            tracking.update_run(principal, project, run.uid, status=status)
        return run.uid

    return log


@pytest.fixture
def promote(maintainer, project):
    """Makes a model whose version 1 is in a stage."""

    def make(name, stage=Stage.PRODUCTION, *, by=maintainer, home=project):
        model = registry.create_registered_model(by, home, name)
        version = registry.create_model_version(by, model, "s3://bucket/model")
        registry.transition_stage(by, version, Stage.STAGING, reason="Secret reason.")
        if stage == Stage.PRODUCTION:
            registry.transition_stage(by, version, Stage.PRODUCTION)
        return version

    return make


def sentences(principal):
    return [item.sentence for item in waiting_for(fresh(principal))]


def test_versions_of_mine_in_staging_wait_for_me(contributor, maintainer, viewer, promote):
    promote("fraud", Stage.STAGING, by=contributor)
    promote("churn", Stage.PRODUCTION, by=contributor)

    assert sentences(contributor) == ["fraud v1 is in Staging: promote it, or send it back"]
    assert sentences(maintainer) == sentences(viewer) == []


def test_tokens_and_roles_that_end_soon_wait_for_me(contributor, viewer, admin, project):
    soon = timezone.now() + timedelta(days=5)
    issue_token(contributor, name="laptop", expires_at=soon)
    issue_token(contributor, name="cluster")
    grant_role(admin, contributor.user, Role.DEPLOYER, project, expires_at=soon)
    grant_role(admin, contributor.user, Role.APPROVER, project, expires_at=soon + timedelta(days=30))

    assert sentences(contributor) == [
        "The token “laptop” expires: make a new one before scripts fail",
        "Your role deployer on default ends: ask for it again if needed",
    ]
    assert sentences(viewer) == []


def test_runs_of_mine_that_failed_lately_or_go_on_are_on_the_page(contributor, maintainer, train, session_of):
    train(contributor, "broken", status="FAILED")
    train(contributor, "old", status="FAILED", at=timezone.now() - timedelta(days=9))
    train(contributor, "going")
    train(contributor, "done", status="FINISHED")
    train(maintainer, "another", status="FAILED")

    page = session_of(contributor).get("/")

    assert {item.sentence for item in page.context["waiting"]} == {
        "The run broken failed: look why",
        "The run going is going on",
    }


def test_an_app_can_say_what_of_its_own_waits(contributor, monkeypatch, session_of):
    monkeypatch.setattr(waiting, "_sources", [])
    waiting.register_source(lambda principal: [Waiting("Decide about fraud v7", "/approvals/1", "check")])

    assert "Decide about fraud v7" in session_of(contributor).get("/").content.decode()


def test_my_newest_runs_their_experiments_and_my_models_are_at_hand(contributor, maintainer, train, promote):
    for number in range(9):
        train(contributor, f"run{number}", experiment=f"experiment{number % 2}")
    train(maintainer, "another")
    promote("fraud", by=contributor)
    promote("another")

    work = work_of(fresh(contributor))

    assert [run.name for run in work.runs] == [f"run{number}" for number in (8, 7, 6, 5, 4, 3)]
    assert [experiment.name for experiment in work.experiments] == ["experiment0", "experiment1"]
    assert [model.name for model in work.models] == ["fraud"]
    assert work.began


def test_what_is_in_production_says_since_when_and_by_whom(viewer, outsider, maintainer, promote):
    promote("fraud", Stage.STAGING)
    promote("churn")

    (stay,) = in_production(fresh(viewer))

    assert (stay.project, stay.model, stay.number, stay.actor) == ("default", "churn", 1, "maintainer")
    assert in_production(fresh(outsider)) == []


def told(principal):
    return [view.summary for view in news_for(fresh(principal))]


def test_news_of_models_reach_all_who_see_them_and_reasons_do_not(
    maintainer, viewer, outsider, admin, promote, session_of
):
    promote("fraud")

    news = ["moved fraud v1 from Staging to Production", "moved fraud v1 from None to Staging", "registered fraud v1"]
    assert told(viewer)[:3] == news
    assert told(maintainer)[:3] == news
    assert "Secret reason." not in session_of(viewer).get("/").content.decode()
    assert not any("fraud" in sentence for sentence in told(outsider))


def test_news_of_another_project_stay_there(viewer, admin, promote):
    other = create_project(CONSOLE, "elsewhere", admin=admin.user)
    promote("hidden", Stage.STAGING, by=fresh(admin), home=other)

    assert not any("hidden" in sentence for sentence in told(viewer))
    assert any("hidden" in sentence for sentence in told(admin))


def test_an_auditor_is_told_everything(cast, promote):
    auditor = cast("auditor")
    grant_role(CONSOLE, auditor.user, Role.AUDITOR)
    promote("fraud")

    assert told(auditor)[0] == "moved fraud v1 from Staging to Production"
    assert any("gave" in sentence for sentence in told(auditor))


def test_runs_by_the_hundred_do_not_hide_what_changed(contributor, maintainer, train, promote):
    promote("fraud")
    for number in range(60):
        train(contributor, f"run{number}")

    assert "moved fraud v1 from Staging to Production" in told(maintainer)


def test_the_first_visit_teaches_until_i_log_a_run(contributor, train, session_of):
    browser = session_of(contributor)
    page = browser.get("/").content.decode()

    assert "export MLFLOW_TRACKING_URI=http://testserver" in page
    assert "Create a token" in page
    assert "mlflow.start_run()" in page

    train(contributor)

    assert "Create a token" not in browser.get("/").content.decode()


def test_the_first_visit_names_the_project_when_the_default_one_is_closed(outsider, session_of):
    create_project(CONSOLE, "elsewhere", admin=outsider.user)

    page = session_of(outsider).get("/").content.decode()

    assert "export MLFLOW_WORKSPACE=elsewhere" in page


def test_whoever_has_no_role_is_told_whom_to_ask(outsider, session_of):
    page = session_of(outsider).get("/").content.decode()

    assert "tell them your user name, <code>outsider</code>" in page
    assert "What changed" not in page


def test_whoever_may_not_log_is_not_taught_to(viewer, session_of):
    page = session_of(viewer).get("/").content.decode()

    assert "MLFLOW_TRACKING_URI" not in page
    assert "What you work on" not in page
    assert "What changed" in page


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("#/experiments/{experiment}/runs/{run}", "/runs/{run}"),
        ("#/experiments/{experiment}", "/experiments/{experiment}"),
        ("#/models/fraud/versions/1", "/models/default/fraud/versions/1"),
        ("#/models/fraud", "/models/default/fraud"),
        ("#/models/nothing", "/search?q=%23%2Fmodels%2Fnothing"),
        ("nonsense", "/search?q=nonsense"),
        ("", "/search?q="),
    ],
)
def test_links_that_mlflow_prints_lead_to_our_pages(contributor, train, promote, session_of, link, leads_to):
    promote("fraud")
    run = train(contributor)
    scene = {"run": run, "experiment": Run.objects.get(uid=run).experiment_id}

    answer = session_of(contributor).get("/open", {"link": link.format(**scene)})

    assert (answer.status_code, answer.url) == (302, leads_to.format(**scene))


def test_a_link_to_what_one_may_not_see_is_a_search(contributor, outsider, train, session_of):
    link = f"#/experiments/1/runs/{train(contributor)}"

    assert session_of(outsider).get("/open", {"link": link}).url.startswith("/search?q=")


def test_the_page_costs_the_same_however_much_there_is(
    contributor, admin, project, train, promote, session_of, queries_of
):
    browser = session_of(contributor)

    def fill(first, last):
        for number in range(first, last):
            train(contributor, f"run{number}", status="FAILED" if number % 2 else None, experiment=f"x{number % 5}")
            promote(f"model{number}", by=contributor if number % 2 else fresh(admin))
            issue_token(contributor, name=str(number), expires_at=timezone.now() + timedelta(days=3))
            person = create_user(CONSOLE, f"person{number}", password=PASSWORD)
            grant_role(admin, person, Role.VIEWER, project)
            other = create_project(CONSOLE, f"project{number}", admin=person)
            grant_role(CONSOLE, contributor.user, Role.VIEWER, other, expires_at=timezone.now() + timedelta(days=3))

    fill(0, 3)
    few = queries_of(browser, "/")
    fill(3, 30)

    assert queries_of(browser, "/") == few <= 16
