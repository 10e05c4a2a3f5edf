"""Walks through the API: pages that add up, edges that are there once, and the same answer as a stream."""

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.lineage.scene import data, deployed, deployment, made, model, note, run, used

WALK = "/api/v1/lineage/walk"
DATA, RUN, MODEL, LIVE = data("loans", at=1_000), run(1, at=2_000), model(1, at=3_000), deployment(1, at=4_000)


@pytest.fixture
def graph(contributor, project):
    return note(
        contributor, project, [DATA, RUN, MODEL, LIVE], [used(DATA, RUN), made(RUN, MODEL), deployed(MODEL, LIVE)]
    )


@pytest.fixture
def api(client_of, viewer):
    return client_of(viewer)


def ask(api, **question):
    return api.post(WALK, question, content_type="application/json")


def pages_of(api, **question):
    cursor = ""
    while True:
        answer = ask(api, **question, cursor=cursor).json()
        yield answer
        cursor = answer["cursor"]
        if not cursor:
            return


def test_a_walk_finds_what_was_made_of_something(graph, api):
    answer = api.get(WALK, {"start": DATA.key, "direction": "down"}).json()

    assert [node["key"] for node in answer["nodes"]] == [DATA.key, RUN.key, MODEL.key, LIVE.key]
    assert [node["depth"] for node in answer["nodes"]] == [0, 1, 2, 3]
    assert {(edge["src"], edge["dst"]) for edge in answer["edges"]} == {
        (DATA.key, RUN.key),
        (RUN.key, MODEL.key),
        (MODEL.key, LIVE.key),
    }
    assert (answer["total"], answer["returned"], answer["complete"], answer["cursor"]) == (4, 4, True, "")


def test_a_filter_keeps_what_matches_and_walks_on(graph, api):
    answer = ask(api, start=DATA.key, direction="down", kind="model_version,deployment").json()

    assert [node["key"] for node in answer["nodes"]] == [MODEL.key, LIVE.key]


def test_a_pruned_walk_stops_at_what_does_not_match(graph, api):
    answer = ask(api, start=DATA.key, direction="down", kind="run", filter_mode="prune").json()

    assert RUN.key in {node["key"] for node in answer["nodes"]}
    assert LIVE.key not in {node["key"] for node in answer["nodes"]}


def test_any_condition_is_enough_when_that_is_asked(graph, api):
    answer = ask(api, start=DATA.key, direction="down", kind="deployment", label="loans", match="any").json()

    assert {node["key"] for node in answer["nodes"]} == {DATA.key, LIVE.key}


def test_the_same_answer_for_what_is_not_there_and_what_is_hidden(graph, api, secret, keeper, fresh):
    hidden = data("patients", 7)
    note(fresh(keeper), secret, [hidden])

    there = api.get(WALK, {"start": hidden.key})
    gone = api.get(WALK, {"start": data("nothing", 9).key})

    assert (there.status_code, there.json()) == (gone.status_code, gone.json())
    assert there.status_code == 404


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({}, "start"),
        ({"start": []}, "start"),
        ({"start": ["a"] * 1001 + [str(n) for n in range(1001)]}, "start"),
        ({"start": "a", "kind": "ghost"}, "kind"),
        ({"start": "a", "metric": "auc is good"}, "metric"),
        ({"start": "a", "limit": 1001}, "limit"),
        ({"start": "a", "depth": -1}, "depth"),
        ({"start": "a", "as_of": "yesterday"}, "as_of"),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_by_a_sentence(graph, api, question, field):
    answer = ask(api, **question)

    assert answer.status_code == 400
    assert field in answer.json()["fields"]


def test_a_cursor_of_another_question_is_refused(graph, api):
    cursor = ask(api, start=DATA.key, limit=1).json()["cursor"]

    answer = ask(api, start=RUN.key, limit=1, cursor=cursor)

    assert (answer.status_code, answer.json()["message"][:11]) == (400, "This cursor")
    assert ask(api, start=DATA.key, limit=1, cursor="x").status_code == 400


def test_pages_do_not_shift_while_the_graph_grows(graph, api, contributor, project):
    first = ask(api, start=DATA.key, direction="down", limit=2).json()
    early = run(99, at=1)
    note(contributor, project, [DATA, early], [used(DATA, early)])

    rest = ask(api, start=DATA.key, direction="down", limit=10, cursor=first["cursor"]).json()

    assert [node["key"] for node in rest["nodes"]] == [MODEL.key, LIVE.key]
    assert rest["total"] == 4


def test_a_stream_says_the_same_as_pages(graph, api):
    answer = ask(api, start=DATA.key, direction="down").json()
    stream = api.get(WALK, {"start": DATA.key, "direction": "down"}, headers={"accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in b"".join(stream).splitlines()]

    assert lines[0]["answer"]["total"] == 4
    assert [line["node"] for line in lines if "node" in line] == answer["nodes"]
    assert [line["edge"] for line in lines if "edge" in line] == answer["edges"]


@pytest.mark.parametrize("order", ["depth", "time"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(
        st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] != pair[1]), max_size=25
    ),
    limit=st.integers(1, 5),
    direction=st.sampled_from(["up", "down", "both"]),
)
def test_pages_add_up(order, contributor, project, api, pairs, limit, direction):
    marker = abs(hash((tuple(pairs), limit, direction, order))) % 10**12
    runs = [run(marker * 100 + number, at=1_000 + number % 3) for number in range(12)]
    note(contributor, project, runs, [used(runs[a], runs[b]) for a, b in pairs])
    question = {"start": runs[0].key, "direction": direction, "order": order}

    whole = ask(api, **question, limit=1000).json()
    pages = list(pages_of(api, **question, limit=limit))

    assert [node for page in pages for node in page["nodes"]] == whole["nodes"]
    assert {page["total"] for page in pages} == {whole["total"]} == {len(whole["nodes"])}
    edges = [(edge["src"], edge["dst"]) for page in pages for edge in page["edges"]]
    assert sorted(edges) == sorted((edge["src"], edge["dst"]) for edge in whole["edges"])
    seen: set[str] = set()
    for page in pages:
        seen |= {node["key"] for node in page["nodes"]}
        assert set(itertools.chain(*((edge["src"], edge["dst"]) for edge in page["edges"]))) <= seen


def test_a_node_says_how_many_neighbours_it_has(graph, api):
    answer = api.get("/api/v1/lineage/node", {"key": RUN.key}).json()

    assert answer["node"]["label"] == "run-1"
    assert (answer["up"], answer["down"]) == ({"dataset_version": 1}, {"model_version": 1})
