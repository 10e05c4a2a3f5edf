"""Nothing of a project is in any answer of lineage to somebody who may not look into it."""

import json
from urllib.parse import urlencode

import pytest
from django.urls import get_resolver

from accounts.roles import Role
from lineage.facts import Flow, Thing
from lineage.models import Node
from lineage.operations import recall_node
from lineage.vocabulary import EdgeKind, NodeKind
from tests.lineage.scene import data, deployed, deployment, made, model, note, run, used

#: Stands in every key, label, digest and property of what is hidden.
MARK = "unspeakable"
OURS_IN, OURS_RUN, OURS_OUT, LIVE = data("loans", 1), run(1), model(1), deployment(1)


def hidden(kind, prefix, **more):
    return Thing(kind, f"{prefix}{MARK}", f"label {MARK}", digest=MARK, props={"note": MARK}, **more)


H_DATA = hidden(NodeKind.DATASET_VERSION, "dsv:s3/patients@sha256:")
H_CODE = hidden(NodeKind.CODE, "git:https://example.org/")
H_RUN = hidden(NodeKind.RUN, "run:local/")
H_MODEL = hidden(NodeKind.MODEL_VERSION, "mv:there/")
H_LIVE = hidden(NodeKind.DEPLOYMENT, "dep:9/")
#: Seen in both projects, and first in the hidden one: its key is known, what was said of it is not.
SHARED = Thing(NodeKind.DATASET_VERSION, data("aggregate", 5).key, f"label {MARK}", digest=MARK, props={"note": MARK})


@pytest.fixture
def graph(contributor, project, secret, keeper, fresh):
    keeper = fresh(keeper)
    flows = [used(H_DATA, H_RUN), used(H_CODE, H_RUN), made(H_RUN, SHARED), made(H_RUN, H_MODEL)]
    note(keeper, secret, [H_DATA, H_CODE, H_RUN, H_MODEL, H_LIVE, SHARED], [*flows, deployed(H_MODEL, H_LIVE)])
    ours = [OURS_IN, OURS_RUN, OURS_OUT, LIVE]
    plain = Thing(SHARED.kind, SHARED.key, "aggregate")
    flows = [used(OURS_IN, OURS_RUN), used(plain, OURS_RUN), made(OURS_RUN, OURS_OUT), deployed(OURS_OUT, LIVE)]
    note(contributor, project, [*ours, plain], flows)
    note(keeper, secret, [], [Flow(OURS_OUT.key, H_RUN.key, EdgeKind.USED)])
    recalled = Node.objects.select_related("scope").get(key=H_DATA.key)
    return recall_node(keeper, recalled, reason=f"It is {MARK}, all of it.")


VISIBLE = (OURS_IN, OURS_RUN, OURS_OUT, LIVE, SHARED)
SECRETS = (H_DATA, H_CODE, H_RUN, H_MODEL, H_LIVE)


def questions():
    """Every route of lineage's API, asked about what may be seen and about what may not."""
    for thing in (*VISIBLE, *SECRETS):
        key = {"key": thing.key}
        yield "node", key
        yield "reproduce", key
        yield "view", {"focus": thing.key, "up": 9, "down": 9}
        for way in ("up", "down", "both"):
            yield "walk", {"start": thing.key, "direction": way, "structural": True, "include": "retracted"}
        yield "walk", {"start": thing.key, "label": "a", "match": "any", "kind": "run", "project": "secret"}
        yield "walk", {"start": thing.key, "property": f"note={MARK}", "direction": "both"}
        yield "walk", {"start": thing.key, "format": "ndjson", "direction": "both"}
        yield "walk", {"start": thing.key, "as_of": "2100-01-01T00:00:00Z", "direction": "both"}
        yield "impact", {"start": thing.key}
        yield "impact", {"start": thing.key, "format": "csv"}
        yield "heatmap", {"start": thing.key, "by": "project"}
        yield "heatmap", {"start": thing.key, "by": "model"}
        for other in (SHARED, LIVE, H_RUN):
            yield "paths", {"source": thing.key, "target": other.key}
            yield "diff", {"a": thing.key, "b": other.key}
    for kind in ("run", "model_version"):
        yield "coverage", {"project": "default", "kind": kind}
        yield "coverage", {"project": "secret", "kind": kind}
    yield "recalls", {}
    yield "recalls", {"state": "cleared"}
    yield "access-requests", {}
    yield "access-questions", {}


def text_of(answer):
    body = b"".join(answer) if answer.streaming else answer.content
    return body.decode() + json.dumps(dict(answer.headers))


def told(text, asked):
    """What an answer says, without what the asker said themself."""
    for value in asked.values():
        text = text.replace(str(value), "").replace(json.dumps(str(value))[1:-1], "")
    return text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PROJECT_ADMIN])
def test_no_answer_says_anything_of_what_is_hidden(graph, client_of, cast, role):
    api = client_of(cast("reader", role))

    for what, asked in questions():
        answer = api.get(f"/api/v1/lineage/{what}?{urlencode(asked)}")
        text = told(text_of(answer), asked)
        assert MARK not in text, (what, asked, text)
        assert '"secret"' not in text, (what, asked, text)
        assert answer.status_code < 500, (what, asked)


def test_what_is_hidden_answers_like_what_is_not_there(graph, client_of, viewer):
    api = client_of(viewer)
    nothing = f"dsv:s3/nothing@sha256:{'0' * 64}"

    for thing in SECRETS:
        for what, word in (
            ("node", "key"),
            ("walk", "start"),
            ("impact", "start"),
            ("view", "focus"),
            ("reproduce", "key"),
        ):
            there = api.get(f"/api/v1/lineage/{what}", {word: thing.key})
            gone = api.get(f"/api/v1/lineage/{what}", {word: nothing})
            assert (there.status_code, there.content) == (gone.status_code, gone.content), what


def test_no_page_says_anything_of_what_is_hidden(graph, session_of, viewer, contributor):
    browser = session_of(viewer)

    for address in (
        "/lineage/recalls",
        f"/lineage/recalls/{graph.pk}",
        "/lineage/access-questions",
        "/search?q=unspeak",
    ):
        assert MARK not in browser.get(address).content.decode(), address
    assert MARK not in b"".join(browser.get(f"/lineage/recalls/{graph.pk}?format=csv")).decode()


def test_every_route_of_lineage_is_asked():
    asked = {what for what, _ in questions()}
    names = {
        str(pattern.pattern).removeprefix("lineage/").split("/")[0]
        for resolver in get_resolver().url_patterns
        if getattr(resolver, "app_name", "") == "api"
        for part in resolver.url_patterns
        if hasattr(part, "url_patterns") and part.urlconf_name.__name__ == "lineage.api.urls"
        for pattern in part.url_patterns
    }

    assert names == asked


def test_who_may_look_sees_it(graph, client_of, keeper):
    answer = client_of(keeper).get("/api/v1/lineage/walk", {"start": H_RUN.key})

    assert H_DATA.key in {node["key"] for node in answer.json()["nodes"]}
