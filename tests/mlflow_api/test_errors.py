"""The errors of the protocol, by status and code, as MLflow's own server answers them."""

import pytest

MISSING_RUN = "0123456789abcdef0123456789abcdef"
INVALID, MISSING, TAKEN = "INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS"
V2 = "2.0/mlflow/"

CASES = [
    # A parameter is missing, or of the wrong type.
    ("POST", "experiments/create", {}, 400, INVALID, "Missing value for required parameter 'name'"),
    ("POST", "experiments/create", {"name": 5}, 400, INVALID, "Invalid value 5 for parameter 'name' supplied"),
    ("GET", "experiments/get", {}, 400, INVALID, "Missing value for required parameter 'experiment_id'"),
    ("POST", "experiments/delete", {"experiment_id": 1}, 400, INVALID, "Invalid value 1 for parameter 'experiment_id'"),
    ("POST", "experiments/search", {}, 400, INVALID, "Missing value for required parameter 'max_results'"),
    ("POST", "experiments/search", {"max_results": 50_001}, 400, INVALID, "max_results"),
    ("GET", "runs/get", {}, 400, INVALID, "Missing value for required parameter 'run_id'"),
    ("POST", "runs/log-metric", {"run_id": "{run}", "key": "x", "value": 1}, 400, INVALID, "timestamp"),
    ("POST", "runs/log-metric", {"run_id": "{run}", "key": "x", "timestamp": 1}, 400, INVALID, "value"),
    ("POST", "runs/log-metric", {"run_id": "{run}", "value": 1, "timestamp": 1}, 400, INVALID, "name"),
    (
        "POST",
        "runs/log-batch",
        {"run_id": "{run}", "metrics": {}},
        400,
        INVALID,
        "Invalid value {} for parameter 'metrics'",
    ),
    ("POST", "runs/log-batch", {"run_id": "{run}", "params": [5]}, 400, INVALID, "params[0]"),
    ("POST", "runs/search", {"experiment_ids": "0"}, 400, INVALID, "parameter 'experiment_ids'"),
    ("POST", "runs/search", {"experiment_ids": ["0"], "max_results": "many"}, 400, INVALID, "parameter 'max_results'"),
    ("POST", "runs/search", {"experiment_ids": ["0"], "max_results": 0}, 400, INVALID, "max_results"),
    ("GET", "model-versions/get", {"name": "fraud", "version": "x"}, 400, INVALID, "parameter 'version'"),
    (
        "POST",
        "model-versions/set-tag",
        {"name": "fraud", "version": 1, "key": "a"},
        400,
        INVALID,
        "parameter 'version'",
    ),
    ("POST", "model-versions/create", {"name": "fraud"}, 400, INVALID, "parameter 'source'"),
    ("POST", "model-versions/create", {"name": "fraud", "source": "file:///etc"}, 400, INVALID, ""),
    ("POST", "logged-models/search", {"experiment_ids": []}, 400, INVALID, "parameter 'experiment_ids'"),
    # What is named is not there.
    ("GET", "experiments/get", {"experiment_id": "987654321"}, 404, MISSING, ""),
    ("GET", "experiments/get-by-name", {"experiment_name": "nobody made it"}, 404, MISSING, ""),
    ("GET", "runs/get", {"run_id": MISSING_RUN}, 404, MISSING, MISSING_RUN),
    ("GET", "runs/get", {"run_id": "no run id"}, 404, MISSING, ""),
    ("POST", "runs/set-tag", {"run_id": MISSING_RUN, "key": "a", "value": "b"}, 404, MISSING, ""),
    ("GET", "registered-models/get", {"name": "nobody"}, 404, MISSING, "nobody"),
    ("GET", "model-versions/get", {"name": "fraud", "version": "9"}, 404, MISSING, ""),
    ("GET", "model-versions/get", {"name": "nobody", "version": "1"}, 404, MISSING, ""),
    ("GET", f"logged-models/m-{MISSING_RUN}", {}, 404, MISSING, ""),
    ("GET", "registered-models/alias", {"name": "nobody", "alias": "a"}, 404, MISSING, ""),
    ("POST", "runs/delete-tag", {"run_id": "{run}", "key": "nothing"}, 404, MISSING, ""),
    (
        "POST",
        "experiments/delete-experiment-tag",
        {"experiment_id": "{experiment}", "key": "nothing"},
        404,
        MISSING,
        "",
    ),
    ("DELETE", "logged-models/{logged_model}/tags/nothing", {}, 404, MISSING, ""),
    # Ids and names that cannot be.
    ("GET", "experiments/get", {"experiment_id": "abc"}, 400, INVALID, ""),
    ("POST", "registered-models/create", {"name": "a/b"}, 400, INVALID, ""),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "name": "a.b"}, 400, INVALID, ""),
    ("POST", "runs/log-parameter", {"run_id": "{run}", "key": "a//b", "value": "1"}, 400, INVALID, ""),
    # Names that are taken.
    ("POST", "experiments/create", {"name": "payments"}, 400, TAKEN, "payments"),
    ("POST", "experiments/update", {"experiment_id": "{experiment}", "new_name": "Default"}, 400, "BAD_REQUEST", ""),
    ("POST", "registered-models/create", {"name": "fraud"}, 400, TAKEN, "fraud"),
    # Rules.
    ("POST", "runs/log-parameter", {"run_id": "{run}", "key": "alpha", "value": "2"}, 400, INVALID, "not allowed"),
    ("POST", "experiments/restore", {"experiment_id": "{experiment}"}, 404, MISSING, ""),
    ("GET", "registered-models/alias", {"name": "fraud", "alias": "zz"}, 400, INVALID, "alias zz not found"),
    (
        "POST",
        "model-versions/transition-stage",
        {"name": "fraud", "version": "1", "stage": "Bogus"},
        400,
        INVALID,
        "Invalid Model Version stage: Bogus. Value must be one of None, Staging, Production, Archived.",
    ),
    ("POST", "registered-models/alias", {"name": "fraud", "version": "1", "alias": "latest"}, 400, INVALID, "latest"),
    # Mistakes that MLflow's own server answers with 500, which its client retries for minutes.
    ("POST", "logged-models/search", {"experiment_ids": ["0"], "page_token": "garbage"}, 400, INVALID, "page token"),
    (
        "POST",
        "model-versions/transition-stage",
        {"name": "fraud", "version": "1", "stage": "Archived", "archive_existing_versions": True},
        400,
        INVALID,
        "",
    ),
    ("GET", "registered-models/search", {"filter": "tags.a IS NULL"}, 400, INVALID, ""),
    ("POST", "runs/search", {"experiment_ids": ["0"], "filter": "metrics.x > "}, 400, INVALID, ""),
]


@pytest.mark.parametrize(
    ("method", "path", "params", "status", "code", "words"), CASES, ids=[f"{n} {c[1]}" for n, c in enumerate(CASES)]
)
def test_a_mistake_has_its_status_its_code_and_a_sentence(
    scene, maintainer, as_, method, path, params, status, code, words
):
    def fill(value):
        known = {"{run}": scene.run, "{experiment}": scene.experiment}
        return known.get(value, value) if isinstance(value, str) else value

    path = path.replace("{logged_model}", scene.logged_model)
    call = as_(maintainer)

    answer = call.refused(method, V2 + path, {key: fill(value) for key, value in params.items()})

    assert answer[:2] == (status, code)
    assert words in answer[2]
    assert len(answer[2]) > 15


def test_what_is_harmless_is_no_error(scene, maintainer, as_):
    call = as_(maintainer)

    for method, path, params in [
        ("DELETE", "registered-models/delete-tag", {"name": "fraud", "key": "nothing"}),
        ("DELETE", "model-versions/delete-tag", {"name": "fraud", "version": "1", "key": "nothing"}),
        ("DELETE", "registered-models/alias", {"name": "fraud", "alias": "nothing"}),
        ("POST", "runs/restore", {"run_id": scene.run}),
        ("POST", "runs/search", {"experiment_ids": []}),
        ("POST", "runs/search", {"experiment_ids": ["987654321"]}),
        ("GET", "metrics/get-history", {"run_id": scene.run, "metric_key": "nothing"}),
        ("GET", "artifacts/list", {"run_id": scene.run, "path": "notes.txt"}),
    ]:
        answer = call.ok(method, V2 + path, params)
        assert set(answer) <= {"root_uri"}, path


def test_an_unknown_path_is_told_to_whoever_is_signed_in(viewer, as_):
    status, code, message = as_(viewer).refused("GET", V2 + "nonsense/get")

    assert (status, code) == (404, "ENDPOINT_NOT_FOUND")
    assert "nonsense/get" in message


def test_parts_are_not_offered_by_a_local_store(scene, maintainer, as_):
    call = as_(maintainer)
    folder = scene.artifact.rpartition("/")[0]

    status, code, message = call.refused(
        "POST", f"2.0/mlflow-artifacts/mpu/create/{folder}", {"path": "big.bin", "num_parts": 2}
    )

    assert (status, code) == (501, "NOT_IMPLEMENTED")
    assert message.startswith("Multipart upload is not supported for the current artifact repository")
