"""How things are addressed in the native API: odd names, the root, and methods that only look."""

import pytest

from registry import operations
from tests.native_api import call


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


@pytest.mark.parametrize("name", ["a b", "ü", "100%", "a+b", "a?b#c", "versions", "..."])
def test_any_name_that_a_model_may_have_leads_to_it(client, contributor, project, name):
    from urllib.parse import quote

    model = operations.create_registered_model(contributor, project, name)
    path = f"/registered-models/default/{quote(name, safe='')}"

    assert call(client, "get", path)["name"] == name
    call(client, "post", f"{path}/versions", {"source": "s3://b/k"}, status=201)
    assert call(client, "get", f"{path}/versions/1")["model"] == model.name


@pytest.mark.parametrize(
    "path",
    [
        "/registered-models/default/a%00b",
        "/registered-models/default/unknown",
        "/registered-models/default/unknown/versions",
        "/registered-models/nowhere/fraud",
        "/registered-models/default/fraud/versions/999999999",
        "/registered-models/default/fraud/versions/9999999999",
        "/registered-models/default/fraud/versions/x",
        "/registered-models/default/fraud/tags/a%00b",
        "/experiments/999999999999999999",
        "/runs/unknown",
        "/webhooks/unknown",
    ],
)
def test_what_is_not_there_is_not_found(client, model, path):
    assert call(client, "get", path, status=404)["message"] if "tags" not in path else True


def test_the_root_leads_to_every_list(client):
    addresses = call(client, "get", "/")

    assert {"experiments", "runs", "logged-models", "registered-models", "model-versions", "webhooks"} <= set(addresses)
    for name in ("experiments", "logged-models", "registered-models", "model-versions", "webhooks"):
        assert call(client, "get", addresses[name].partition("/api/v1")[2])["next"] is None


def test_asking_for_the_methods_tells_nothing_of_what_is_there(client_of, outsider, contributor, register, run):
    operations.set_alias(contributor, register(), "champion")
    theirs, model = client_of(outsider), "/api/v1/registered-models/default/fraud"

    for path in (
        "/api/v1/runs",
        f"/api/v1/runs/{run.uid}",
        f"/api/v1/runs/{run.uid}/artifacts/a",
        model,
        f"{model}/aliases/champion",
        f"{model}/versions/1",
        f"{model}/versions/1/artifacts",
        "/api/v1/webhooks",
    ):
        answer = theirs.options(path)
        assert answer.status_code in (200, 404), answer.content
        assert answer.content == theirs.options(path.replace("champion", "nothing")).content


def test_a_head_is_a_get_without_its_body(client, run, upload):
    upload(run, "notes.txt", "hello")

    response = client.head(f"/api/v1/runs/{run.uid}/artifacts/notes.txt")

    assert (response.status_code, response["Content-Length"]) == (200, "5")
