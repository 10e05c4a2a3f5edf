"""How many queries the hottest endpoints cost, sign-in (1) and grants (1) included; never more with more rows."""

import pytest

from registry import operations as registry
from tracking import operations as tracking

V2 = "2.0/mlflow/"
READS = {
    "runs/get": 4,
    "registered-models/get": 6,
    "registered-models/alias": 4,
    "model-versions/get": 4,
    "model-versions/get-download-uri": 3,
    "experiments/get-by-name": 4,
    "metrics/get-history": 4,
    "artifacts/list": 6,
}
#: Two of a write's are the transaction's own.
WRITES = {
    "runs/log-metric": 8,
    "runs/log-batch": 10,
    "runs/set-tag": 6,
    "runs/search": 6,
}


@pytest.fixture
def params(scene):
    version = {"name": scene.model, "version": scene.version}
    return {
        "runs/get": {"run_id": scene.run},
        "registered-models/get": {"name": scene.model},
        "registered-models/alias": {"name": scene.model, "alias": "champion"},
        "model-versions/get": version,
        "model-versions/get-download-uri": version,
        "experiments/get-by-name": {"experiment_name": "payments"},
        "metrics/get-history": {"run_id": scene.run, "metric_key": "rmse"},
        "artifacts/list": {"run_id": scene.run},
        "runs/log-metric": {"run_id": scene.run, "key": "rmse", "value": 1, "timestamp": 1},
        "runs/log-batch": {
            "run_id": scene.run,
            "metrics": [{"key": f"m{number}", "value": 1, "timestamp": 1} for number in range(50)],
            "params": [{"key": f"p{number}", "value": "1"} for number in range(50)],
            "tags": [{"key": f"t{number}", "value": "1"} for number in range(50)],
        },
        "runs/set-tag": {"run_id": scene.run, "key": "a", "value": "b"},
        "runs/search": {"experiment_ids": [scene.experiment], "max_results": 100},
    }


@pytest.mark.parametrize("path", [*READS, *WRITES])
def test_a_hot_endpoint_keeps_to_its_queries(
    scene, params, contributor, project, as_, path, django_assert_max_num_queries
):
    for number in range(20):
        run = tracking.create_run(contributor, project, experiment_id=scene.experiment).head
        tracking.log_batch(contributor, project, run.uid, metrics=[{"key": "rmse", "value": 1, "timestamp": number}])
    for number in range(5):
        registry.create_registered_model(contributor, project, f"other-{number}")
    call = as_(contributor)
    method = "GET" if path in READS else "POST"
    call.ok(method, V2 + path, params[path])

    with django_assert_max_num_queries(READS.get(path) or WRITES[path]):
        call.ok(method, V2 + path, params[path])
