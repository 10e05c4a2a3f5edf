"""Reading the log by API and page: who may read what, filters, pages."""

import pytest

from accounts.models import User
from accounts.operations import create_project, create_user, grant_role, update_project
from accounts.principals import CONSOLE
from accounts.roles import Role
from audit.models import AuditEvent
from tests.conftest import PASSWORD


@pytest.fixture
def read(client_of):
    """Reads events as somebody."""
    clients = {}

    def get(principal, **query):
        # One token for all calls, because issuing one is an event too.
        if principal.uid not in clients:
            clients[principal.uid] = client_of(principal)
        answer = clients[principal.uid].get("/api/v1/audit/events", query)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    return get


@pytest.fixture
def auditor(cast):
    """Reads everything, changes nothing."""
    principal = cast("auditor")
    grant_role(CONSOLE, principal.user, Role.AUDITOR)
    return principal


@pytest.fixture
def elsewhere(admin):
    """A project in which nobody of the default project has a role."""
    other = create_user(CONSOLE, "other", password=PASSWORD)
    return create_project(CONSOLE, "elsewhere", admin=other)


def projects(events):
    return {event["project"] for event in events}


def test_an_auditor_reads_all(auditor, elsewhere, read):
    events = read(auditor, page_size=200)

    assert len(events) == AuditEvent.objects.exclude(action="user.log_read").count()
    assert {"", "default", "elsewhere"} == projects(events)


def test_a_maintainer_reads_their_project(maintainer, elsewhere, read):
    assert projects(read(maintainer, page_size=200)) == {"", "default"}
    assert all(event["object"]["id"] == maintainer.uid for event in read(maintainer) if event["project"] == "")


def test_a_viewer_reads_what_they_did_or_what_happened_to_their_account(viewer, admin, read):
    update_project(admin, elsewhere_of(viewer), name="Renamed")

    events = read(viewer, page_size=200)

    assert {event["type"] for event in events} <= {"user.created", "token.issued"}
    assert all(viewer.uid in (event["actor"]["id"], event["object"]["id"]) for event in events)


def elsewhere_of(viewer):
    return User.objects.get(pk=viewer.user.pk).role_bindings.get().project


def test_a_platform_admin_reads_what_belongs_to_no_project_and_their_own(admin, elsewhere, read):
    others = [event for event in read(admin, page_size=200) if event["actor"]["id"] != admin.uid]

    assert "elsewhere" not in projects(others)
    assert "user.created" in {event["type"] for event in others}


def test_a_token_of_one_project_reads_that_project_only(auditor, elsewhere, client_of):
    limited = client_of(auditor, project=elsewhere)

    events = limited.get("/api/v1/audit/events?page_size=200").json()["results"]

    assert projects(events) == {"elsewhere"}


def test_a_token_without_the_scope_reads_nothing(auditor, client_of):
    assert client_of(auditor, scopes=["view"]).get("/api/v1/audit/events").json()["results"] == []


def test_filters_find_what_they_name(auditor, viewer, project, admin, read):
    update_project(admin, project, viewers_may_download=True)
    everything = read(auditor, page_size=200)

    def found(**query):
        # That the auditor reads is recorded meanwhile.
        events = read(auditor, page_size=200, **query)
        return [event["uid"] for event in events if not event["type"].endswith("log_read")]

    def expected(keep):
        return [event["uid"] for event in everything if keep(event)]

    assert found(type="project.updated") == expected(lambda event: event["type"] == "project.updated") != []
    assert found(type="role_binding") == expected(lambda event: event["type"].startswith("role_binding.")) != []
    assert found(actor="admin") == expected(lambda event: event["actor"]["id"] == admin.uid) != []
    assert found(actor="sys_console") == expected(lambda event: event["actor"]["id"] == "sys_console") != []
    assert found(object=f"project/{project.pk}") == expected(
        lambda event: (event["object"]["type"], event["object"]["id"]) == ("project", str(project.pk))
    )
    assert found(project="default") == expected(lambda event: event["project"] == "default") != []
    assert found(outcome="denied") == []
    middle = everything[len(everything) // 2]["ts"]
    assert found(since=middle) == expected(lambda event: event["ts"] >= middle) != []
    assert found(until=middle) == expected(lambda event: event["ts"] < middle) != []
    assert found(type="project.updated", actor="sys_console") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"type": "nonsense"}, 400),
        ({"outcome": "maybe"}, 400),
        ({"since": "yesterday"}, 400),
        ({"project": "none"}, 404),
        ({"actor": "nobody"}, 404),
    ],
)
def test_a_filter_that_means_nothing_is_refused(auditor, client_of, query, status):
    answer = client_of(auditor).get("/api/v1/audit/events", query)

    assert answer.status_code == status
    assert answer.json()["message"]


def test_pages_follow_each_other_while_events_arrive(auditor, client_of, cast):
    for number in range(5):
        cast(f"user{number}")
    client = client_of(auditor)
    before = list(AuditEvent.objects.order_by("-pk").values_list("uid", flat=True))
    first = client.get("/api/v1/audit/events?page_size=4").json()

    cast("late")
    seen, page = [event["uid"] for event in first["results"]], first
    while page["next"]:
        page = client.get(page["next"]).json()
        seen += [event["uid"] for event in page["results"]]

    assert seen == [str(uid) for uid in before]


def test_one_event_shows_before_after_and_why(admin, project, auditor, client_of):
    binding = grant_role(admin, create_user(CONSOLE, "grace", password=PASSWORD), Role.VIEWER, project, reason="New")
    event = AuditEvent.objects.get(object_type="role_binding", object_id=str(binding.pk))

    shown = client_of(auditor).get(f"/api/v1/audit/events/{event.uid}").json()

    assert shown["after"]["role"] == "viewer"
    assert shown["private"]["reason"] == "New"
    assert shown["canonical"].encode() == bytes(event.body)
    assert shown["summary"] == "gave grace the role viewer on project default"


def test_addresses_are_shown_to_auditors_and_to_oneself_only(admin, maintainer, auditor, project, client_of):
    client_of(admin).patch("/api/v1/projects/default", {"name": "New"}, content_type="application/json")
    address = f"/api/v1/audit/events/{AuditEvent.objects.get(action='project.updated').uid}"

    shown = {
        person: "address" in client_of(who).get(address).json()["private"]
        for person, who in {"admin": admin, "maintainer": maintainer, "auditor": auditor}.items()
    }

    assert shown == {"admin": True, "maintainer": False, "auditor": True}


def test_an_event_one_may_not_read_is_not_there(viewer, elsewhere, client_of):
    event = AuditEvent.objects.get(action="project.created", object_label="elsewhere")

    assert client_of(viewer).get(f"/api/v1/audit/events/{event.uid}").status_code == 404


def test_the_page_tells_events_in_sentences(admin, viewer, project, session_of):
    update_project(admin, project, viewers_may_download=True)

    page = session_of(admin).get("/audit").content.decode()

    assert '>admin</a> changed the settings of the project <a href="/projects/default">default</a>' in page
    assert f'>admin</a> gave <a href="/people/{viewer.uid}">viewer</a> the role viewer on project' in page
    assert ">The console</strong>" in page
    assert "viewers may download" in page


def test_the_filters_of_the_page_stand_in_its_address(admin, viewer, session_of):
    browser = session_of(admin)

    def events(**query):
        return [view.event.action for view in browser.get("/audit", query).context["views"]]

    assert set(events(type="role_binding")) == {"role_binding.granted"}
    assert set(events(actor="admin", outcome="ok")) == {"role_binding.granted"}
    assert events(since="2000-01-01", until="2000-12-31") == []
    assert "There is no user “nobody”." in browser.get("/audit", {"actor": "nobody"}).content.decode()
    assert "Nothing that you may read matches" in browser.get("/audit", {"outcome": "failed"}).content.decode()


def test_the_page_leads_to_older_events(admin, cast, session_of):
    for number in range(30):
        cast(f"user{number}", Role.VIEWER)
    browser = session_of(admin)

    first = browser.get("/audit?type=role_binding").context
    second = browser.get(f"/audit?before={first['older']}").context

    assert len(first["views"]) <= 50
    newest = browser.get("/audit").context
    older = browser.get(f"/audit?before={newest['older']}").context
    assert max(view.event.pk for view in older["views"]) < min(view.event.pk for view in newest["views"])
    assert second is not None
