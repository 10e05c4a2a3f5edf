"""The audit page: filters in its address, names people use, files of the same events, and who was reading."""

from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from accounts.models import User
from accounts.operations import grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from audit.models import AuditEvent
from registry.operations import create_model_version, create_registered_model, transition_stage
from registry.rules import Stage
from tracking.operations import create_experiment, create_run


@pytest.fixture
def auditor(cast):
    """Reads everything, changes nothing."""
    principal = cast("auditor")
    grant_role(CONSOLE, principal.user, Role.AUDITOR)
    return Principal(principal.user, auth="session")


@pytest.fixture
def version(maintainer, project):
    model = create_registered_model(maintainer, project, "fraud")
    version = create_model_version(maintainer, model, "s3://bucket/fraud")
    return transition_stage(maintainer, version, Stage.STAGING, reason="It is good.")


@pytest.fixture
def page_of(session_of):
    """Opens the page as somebody."""

    def get(principal, **query):
        return session_of(principal).get("/audit", query)

    return get


def shown(page):
    return [view.event.action for view in page.context["views"]]


def test_a_name_that_people_use_finds_the_events_of_the_object(maintainer, project, version, page_of):
    experiment = create_experiment(maintainer, project, name="Trials of Fraud")
    run = create_run(maintainer, project, experiment_id=str(experiment.pk), name="fraud").head

    assert shown(page_of(maintainer, object="fraud/1")) == ["model_version.transitioned", "model_version.created"]
    assert shown(page_of(maintainer, object="models:/fraud/1"))[0] == "model_version.transitioned"
    assert shown(page_of(maintainer, object=f"model_version/{version.pk}"))[0] == "model_version.transitioned"
    assert set(shown(page_of(maintainer, object="fraud"))) >= {"registered_model.created", "run.created"}
    assert shown(page_of(maintainer, object=run.uid)) == ["run.created"]
    assert shown(page_of(maintainer, object="trials of fraud")) == ["experiment.created"]
    assert set(shown(page_of(maintainer, object="experiment"))) == {"experiment.created"}


def test_a_name_of_nothing_is_an_error_of_its_field(maintainer, viewer, outsider, version, page_of):
    page = page_of(maintainer, object="frau/9", actor="maintainer")

    assert "You may see nothing called “frau/9”." in page.context["form"].errors["object"][0]
    assert 'value="frau/9"' in page.content.decode()
    assert "There is no user" in page_of(maintainer, object="fraud", actor="nobody").context["form"].errors["actor"][0]
    assert "object" in page_of(outsider, object="fraud/1").context["form"].errors


def test_each_filter_in_force_can_be_taken_off(maintainer, version, page_of):
    page = page_of(maintainer, object="fraud/1", outcome="ok", since="2020-01-31", before="99999999")

    chips = {chip.label: (chip.value, parse_qs(urlsplit(chip.url).query)) for chip in page.context["chips"]}
    assert chips["On"] == ("fraud/1", {"outcome": ["ok"], "since": ["2020-01-31"]})
    assert chips["From"][0] == "31 January 2020"
    assert len(chips) == 3


def test_files_hold_exactly_the_events_of_the_page(maintainer, version, page_of, session_of):
    today = f"{version_day():%Y-%m-%d}"
    page = page_of(maintainer, object="fraud/1", since=today, until=today, type="model_version")

    lines = file_of(session_of(maintainer), page.context["exports"]["ndjson"]).splitlines()

    assert [orjson.loads(orjson.loads(line)["body"])["action"] for line in reversed(lines)] == shown(page)
    assert len(lines) == 2
    assert len(file_of(session_of(maintainer), page.context["exports"]["csv"]).splitlines()) == 3


def version_day():
    return AuditEvent.objects.latest("pk").ts


def file_of(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_the_page_has_days_sentences_links_and_reasons(maintainer, version, page_of):
    page = page_of(maintainer, object="fraud/1").content.decode()

    assert "<h2>Today</h2>" in page
    assert "from None to Staging" in page
    assert "“It is good.”" in page


def test_the_reading_of_an_auditor_is_recorded_once_a_minute(auditor, project, version, page_of, time_machine_at):
    with time_machine_at("2026-03-01T12:00:05Z"):
        page_of(auditor)
        page_of(auditor, type="run")
        page_of(auditor, outcome="ok")
        page_of(auditor, project="default")
        page_of(auditor, project="default", outcome="ok")
    with time_machine_at("2026-03-01T12:02:00Z"):
        page_of(auditor)

    readings = AuditEvent.objects.filter(action__endswith="log_read").order_by("pk")
    assert [(event.action, event.object_id) for event in readings] == [
        ("user.log_read", auditor.uid),
        ("project.log_read", str(project.pk)),
        ("user.log_read", auditor.uid),
    ]


def test_the_reading_of_a_projects_auditor_is_recorded_too_and_nobody_elses(
    cast, admin, maintainer, viewer, project, page_of
):
    page_of(cast("own-auditor", Role.AUDITOR))
    for other in (admin, maintainer, viewer):
        page_of(other)

    readings = AuditEvent.objects.filter(action__endswith="log_read")
    assert [event.actor_uid for event in readings] == [User.objects.get(username="own-auditor").uid]


def test_reading_by_api_is_recorded_as_well(auditor, project, client_of):
    client = client_of(auditor)
    event = client.get("/api/v1/audit/events?project=default").json()["results"][0]
    client.get(f"/api/v1/audit/events/{event['uid']}")

    readings = AuditEvent.objects.filter(action__endswith="log_read").order_by("pk")
    assert [event.action for event in readings] == ["project.log_read", "user.log_read"]


@pytest.mark.parametrize("before", ["", "x", "-1", "²", "9" * 40])
def test_any_place_in_the_list_is_answered(maintainer, before, page_of):
    assert page_of(maintainer, before=before).status_code == 200
