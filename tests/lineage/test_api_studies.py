"""Impact, paths, difference, view, heat map, recipe and coverage, through the API."""

import csv

import pytest
from django.core import mail

from accounts.roles import Role
from audit.models import AuditEvent
from lineage import keys
from lineage.facts import Flow, Thing
from lineage.vocabulary import EdgeKind, EdgeRole, NodeKind
from tests.lineage.scene import data, deployed, deployment, made, model, note, run, used

OLD, NEW = data("loans", 1, at=1_000), data("loans", 2, at=2_000)
FIRST, SECOND = run(1, at=3_000), run(2, at=4_000)
A, B = model(1, 1, at=5_000), model(1, 2, at=6_000)
LIVE = deployment(1, at=7_000)
SHARED = Thing(NodeKind.IMAGE, keys.image("acme/train", "sha256:" + "9" * 64), "train")
HIDDEN_RUN, HIDDEN_DATA, BETWEEN = run(50), data("patients", 7), data("aggregate", 8)


@pytest.fixture
def graph(contributor, project):
    flows = [used(OLD, FIRST), used(NEW, SECOND), made(FIRST, A), made(SECOND, B), deployed(B, LIVE)]
    flows += [Flow(SHARED.key, each.key, EdgeKind.USED, EdgeRole.IMAGE) for each in (FIRST, SECOND)]
    return note(contributor, project, [OLD, NEW, FIRST, SECOND, A, B, LIVE, SHARED], flows)


@pytest.fixture
def api(client_of, viewer):
    return client_of(viewer)


def get(api, what, **question):
    answer = api.get(f"/api/v1/lineage/{what}", question)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_an_impact_counts_what_is_downstream_and_shows_what_is_live_first(graph, api):
    answer = get(api, "impact", start=SHARED.key)

    assert answer["counts"] == {"run": 2, "model_version": 2, "deployment": 1}
    assert [node["key"] for node in answer["live"]] == [LIVE.key]
    assert sum(group["count"] for group in answer["groups"]) == answer["total"] == 5
    assert answer["hidden"] == {"nodes": None, "segments": 0}


def test_an_impact_leaves_out_what_was_made_before_the_risk(graph, api):
    assert get(api, "impact", start=SHARED.key, at_risk_since="1970-01-01T00:00:06Z")["total"] == 2


def test_an_impact_comes_whole_as_csv(graph, api):
    answer = api.get("/api/v1/lineage/impact", {"start": SHARED.key, "format": "csv"})
    rows = list(csv.DictReader(b"".join(answer).decode().splitlines()))

    assert {row["key"] for row in rows} == {FIRST.key, SECOND.key, A.key, B.key, LIVE.key}


def test_paths_show_everything_between_and_the_shortest(graph, api):
    answer = get(api, "paths", source=SHARED.key, target=LIVE.key)

    assert {node["key"] for node in answer["nodes"]} == {SHARED.key, SECOND.key, B.key, LIVE.key}
    assert answer["shortest"] == [[SHARED.key, SECOND.key, B.key, LIVE.key]]
    assert get(api, "paths", source=LIVE.key, target=SHARED.key)["shortest"] == []


def test_a_difference_pairs_versions_of_the_same_thing(graph, api):
    answer = get(api, "diff", a=A.key, b=B.key)

    assert [(each["a"]["key"], each["b"]["key"]) for each in answer["changed"]] == [(OLD.key, NEW.key)]
    assert [node["key"] for node in answer["only_a"]] == [FIRST.key]
    assert [node["key"] for node in answer["only_b"]] == [SECOND.key]
    assert answer["both"] == 1


def test_a_view_holds_every_node_once(graph, api):
    answer = get(api, "view", focus=SECOND.key)

    assert sum(thing["count"] for thing in answer["things"]) == answer["total"]
    assert {(thing["x"], thing["rule"]) for thing in answer["things"]} == {
        (-1.0, "node"),
        (0.0, "node"),
        (1.0, "node"),
        (2.0, "node"),
    }


def test_a_crowded_view_keeps_its_budget(contributor, project, api):
    hub = data("hub")
    runs = [run(1000 + number) for number in range(200)]
    note(contributor, project, [hub, *runs], [used(hub, each) for each in runs])

    answer = get(api, "view", focus=hub.key, budget=20)

    assert len(answer["things"]) <= 20
    assert sum(thing["count"] for thing in answer["things"]) == answer["total"] == 201
    assert answer["bundles"][0]["count"] == 200


def test_a_heat_map_counts_models_by_data(graph, api):
    answer = api.post("/api/v1/lineage/heatmap", {"start": [OLD.key, NEW.key]}, content_type="application/json").json()

    assert [row["key"] for row in answer["rows"]] == [NEW.key, OLD.key]
    assert answer["columns"] == ["there/m1"]
    assert [(cell["row"], cell["column"], cell["count"]) for cell in answer["cells"]] == [(0, 0, 1), (1, 0, 1)]


def test_what_cannot_be_made_again_says_what_is_missing(graph, api):
    answer = api.get("/api/v1/lineage/reproduce", {"key": B.key})

    assert answer.status_code == 409
    assert answer.json()["missing"] == ["which commit of the code it ran is not known", "the command is not known"]
    assert [each["node"]["key"] for each in answer.json()["recipe"]["data"]] == [NEW.key]


def test_coverage_names_what_is_not_pinned(graph, contributor, project, api):
    loose = Thing(NodeKind.DATASET_VERSION, keys.unpinned_version("s3", "loans", "f" * 32), "loans")
    third = run(3, at=4_500)
    note(contributor, project, [loose, third], [used(loose, third)])

    answer = get(api, "coverage", project="default")

    assert (answer["every"], answer["pinned"], answer["without_inputs"]) == (3, 2, 0)
    assert [node["key"] for node in answer["unpinned"]] == [third.key]
    assert [(each["total"], each["pinned"]) for each in answer["over_time"]] == [(3, 2)]


# --- What is hidden ---------------------------------------------------------------------------------------------------


@pytest.fixture
def walled(graph, contributor, project, secret, keeper, fresh):
    """Something went from NEW through the secret project into a version of ours."""
    ours, version = run(60), model(60)
    note(contributor, project, [ours, version], [made(ours, version)])
    keeper = fresh(keeper)
    note(contributor, project, [BETWEEN], [used(BETWEEN, ours)])
    note(keeper, secret, [NEW, HIDDEN_RUN, HIDDEN_DATA, BETWEEN])
    note(keeper, secret, [], [used(NEW, HIDDEN_RUN), used(HIDDEN_DATA, HIDDEN_RUN), made(HIDDEN_RUN, BETWEEN)])
    return version


def segment_of(api):
    (segment,) = get(api, "walk", start=NEW.key, direction="down")["segments"]
    return segment


def test_lineage_passes_through_what_is_hidden(walled, api):
    answer = get(api, "walk", start=NEW.key, direction="down")

    assert walled.key in {node["key"] for node in answer["nodes"]}
    assert (answer["segments"][0]["sources"], answer["segments"][0]["targets"]) == ([NEW.key], [BETWEEN.key])
    assert answer["hidden"] == {"nodes": None, "segments": 1}


def test_who_may_see_full_lineage_counts_what_is_hidden(walled, client_of, maintainer):
    assert get(client_of(maintainer), "walk", start=NEW.key, direction="down")["hidden"] == {"nodes": 1, "segments": 1}


def test_two_people_cannot_compare_what_is_hidden(walled, api, client_of, cast):
    assert segment_of(api)["id"] != segment_of(client_of(cast("second", Role.VIEWER)))["id"]


def test_lineage_ends_at_a_project_that_lets_nothing_pass(walled, api, secret, keeper, fresh):
    from accounts.operations import update_project

    update_project(fresh(keeper), secret, lineage_passes=False)

    answer = get(api, "walk", start=NEW.key, direction="down")
    assert walled.key not in {node["key"] for node in answer["nodes"]}
    assert answer["hidden"]["segments"] == 0


def test_who_asks_to_see_reaches_those_who_may_show_it(walled, api, client_of, keeper):
    body = {"start": NEW.key, "direction": "down", "segment": segment_of(api)["id"], "reason": "Is it our data?"}
    asked = api.post("/api/v1/lineage/access-requests", body, content_type="application/json")
    theirs = client_of(keeper)
    (question,) = theirs.get("/api/v1/lineage/access-questions").json()

    assert (asked.status_code, asked.json()["state"]) == (201, "open")
    assert "secret" not in asked.content.decode()
    assert (question["asker"], question["project"], question["reason"]) == ("viewer", "secret", "Is it our data?")

    answered = theirs.post(
        f"/api/v1/lineage/access-questions/{question['id']}", {"grant": True}, content_type="application/json"
    )

    assert answered.json()["state"] == "granted"
    assert api.get("/api/v1/lineage/access-requests").json()[0]["state"] == "answered"
    assert HIDDEN_RUN.key in {node["key"] for node in get(api, "walk", start=NEW.key, direction="down")["nodes"]}


def test_a_question_can_be_declined(walled, api, client_of, keeper):
    body = {"start": NEW.key, "direction": "down", "segment": segment_of(api)["id"], "reason": "Is it our data?"}
    api.post("/api/v1/lineage/access-requests", body, content_type="application/json")
    theirs = client_of(keeper)
    (question,) = theirs.get("/api/v1/lineage/access-questions").json()

    theirs.post(f"/api/v1/lineage/access-questions/{question['id']}", {"grant": False}, content_type="application/json")

    assert HIDDEN_RUN.key not in {node["key"] for node in get(api, "walk", start=NEW.key, direction="down")["nodes"]}
    assert AuditEvent.objects.filter(action="access_question.declined").count() == 1


def test_nobody_else_answers_a_question(walled, api, client_of, admin, keeper):
    body = {"start": NEW.key, "direction": "down", "segment": segment_of(api)["id"], "reason": "Is it our data?"}
    api.post("/api/v1/lineage/access-requests", body, content_type="application/json")

    assert client_of(admin).get("/api/v1/lineage/access-questions").json() == []
    (question,) = client_of(keeper).get("/api/v1/lineage/access-questions").json()
    address = f"/api/v1/lineage/access-questions/{question['id']}"
    assert client_of(admin).post(address, {"grant": True}, content_type="application/json").status_code == 404


def test_a_segment_of_somebody_else_is_not_known(walled, api, client_of, cast):
    theirs = segment_of(client_of(cast("second", Role.VIEWER)))["id"]
    body = {"start": NEW.key, "direction": "down", "segment": theirs, "reason": "Is it our data?"}

    assert api.post("/api/v1/lineage/access-requests", body, content_type="application/json").status_code == 404


def test_an_incident_responder_sees_the_whole_radius_once(walled, session_of, cast, keeper, client_of):
    responder = cast("responder", Role.INCIDENT_RESPONDER)
    body = {"key": NEW.key, "reason": "Patients' names may be in production, incident 7."}

    answer = session_of(responder).post("/api/v1/lineage/impact/whole", body, content_type="application/json")

    assert HIDDEN_RUN.key in {node["key"] for node in answer.json()["nodes"]}
    assert AuditEvent.objects.filter(action="project.lineage_glass_broken").count() == 2
    assert (
        client_of(responder).post("/api/v1/lineage/impact/whole", body, content_type="application/json").status_code
        == 403
    )


def test_a_viewer_breaks_no_glass(walled, session_of, viewer):
    body = {"key": NEW.key, "reason": "Patients' names may be in production, incident 7."}

    answer = session_of(viewer).post("/api/v1/lineage/impact/whole", body, content_type="application/json")

    assert answer.status_code == 403
    assert not mail.outbox
