"""`import_mlflow` from a real MLflow server that the real client has filled: what arrives is what was there."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient

from tests.mlflow_client.servers import ROOT, Server, _free_port, manage

pytestmark = pytest.mark.stagekeeper("MLflow has no such command")
EXPERIMENT = f"carried-{uuid.uuid4().hex[:8]}"
MODEL = f"carried-model-{uuid.uuid4().hex[:8]}"


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MLflow server on fresh data."""
    folder, port = tmp_path_factory.mktemp("source"), _free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", f"{folder}/artifacts", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(900):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
                break
            time.sleep(0.1)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="module")
def filled(source: str) -> str:
    mlflow.set_tracking_uri(source)
    client = MlflowClient(source)
    mlflow.set_experiment(EXPERIMENT)
    frame = pd.DataFrame({"x": [1, 2, 3]})
    loans = mlflow.data.from_pandas(frame, source="s3://lake/loans.csv", name="loans")
    for number in range(3):
        with mlflow.start_run(run_name=f"try-{number}"):
            mlflow.log_params({"lr": number / 10, "depth": number})
            for step in range(30):
                mlflow.log_metric("loss", 1 / (step + 1 + number), step=step)
            mlflow.log_metric("odd", math.nan)
            mlflow.set_tags({"team": "risk", "mlflow.source.git.commit": "c" * 40})
            mlflow.log_input(loans, context="training")
            mlflow.log_text(f"run {number} " * 1000, "notes/a note.txt")
            if number:
                mlflow.pyfunc.log_model(
                    name="model", python_model=Echo(), registered_model_name=MODEL, pip_requirements=["mlflow"]
                )
    with mlflow.start_run(run_name="failed") as failed:
        mlflow.log_param("p", "q")
    client.set_terminated(failed.info.run_id, "FAILED")
    client.update_registered_model(MODEL, "Finds fraud")
    client.set_registered_model_alias(MODEL, "champion", "2")
    client.set_model_version_tag(MODEL, "2", "checked", "yes")
    client.delete_model_version(MODEL, "1")
    mlflow.set_tracking_uri("")
    return source


def carry(server: Server, source: str) -> str:
    return manage(server.settings, "import_mlflow", "--from", source, "--as", "contributor")


@pytest.fixture
def both(server: Server, filled: str, sign_in) -> tuple[MlflowClient, MlflowClient]:
    return MlflowClient(filled), sign_in("contributor")


def runs_of(client: MlflowClient):
    experiment = client.get_experiment_by_name(EXPERIMENT)
    found = client.search_runs([experiment.experiment_id], order_by=["start_time ASC"])
    return {run.info.run_id: run for run in found}


def bytes_of(client: MlflowClient, run_id: str, path: str, folder: Path) -> bytes:
    return Path(client.download_artifacts(run_id, path, str(folder))).read_bytes()


def test_an_import_that_is_killed_goes_on_and_carries_everything_once(server, filled, both, tmp_path):
    there, here = both
    command = [sys.executable, "manage.py", "import_mlflow", "--from", filled, "--as", "contributor"]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(server.settings), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        experiment = here.get_experiment_by_name(EXPERIMENT)
        if experiment is not None and here.search_runs([experiment.experiment_id]):
            process.send_signal(signal.SIGKILL)
        time.sleep(0.02)
    process.wait(60)

    carry(server, filled)
    again = carry(server, filled)

    assert "runs: 0 imported, 4 were here before" in again
    assert "files: 0 imported, " in again
    assert "versions: 0 imported, 1 were here before" in again
    _compare_runs(there, here, tmp_path)
    _compare_models(there, here)


def _compare_runs(there: MlflowClient, here: MlflowClient, folder: Path) -> None:
    said, found = runs_of(there), runs_of(here)
    assert list(said) == list(found)
    for uid, run in said.items():
        carried = found[uid]
        for name in ("run_name", "status", "start_time", "end_time"):
            assert getattr(carried.info, name) == getattr(run.info, name), name
        assert carried.data.params == run.data.params
        tags = {key: value for key, value in carried.data.tags.items() if not key.startswith("stagekeeper.")}
        assert tags == run.data.tags
        assert carried.data.tags["stagekeeper.import.user"] == run.info.user_id
        points = [[(p.step, p.timestamp, p.value) for p in c.get_metric_history(uid, "loss")] for c in (there, here)]
        assert points[0] == points[1]
        if "odd" in run.data.metrics:
            assert math.isnan(carried.data.metrics["odd"])
            assert bytes_of(there, uid, "notes/a note.txt", folder) == bytes_of(here, uid, "notes/a note.txt", folder)
        datasets = [[(d.dataset.name, d.dataset.digest) for d in each.inputs.dataset_inputs] for each in (run, carried)]
        assert datasets[0] == datasets[1]
        outputs = [[o.model_id for o in each.outputs.model_outputs] for each in (run, carried)]
        assert outputs[0] == outputs[1]


def _compare_models(there: MlflowClient, here: MlflowClient) -> None:
    said, found = there.get_registered_model(MODEL), here.get_registered_model(MODEL)
    assert found.description == said.description
    assert found.aliases == said.aliases == {"champion": "2"}
    version, carried = (client.get_model_version(MODEL, "2") for client in (there, here))
    assert (carried.version, carried.run_id, carried.source) == (version.version, version.run_id, version.source)
    assert carried.tags["checked"] == "yes"
    assert [each.version for each in here.search_model_versions(f"name='{MODEL}'")] == ["2"]
    model = here.get_logged_model(version.source.removeprefix("models:/"))
    assert (model.name, model.source_run_id) == ("model", version.run_id)
    loaded = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    assert loaded.predict(pd.DataFrame({"x": [1]})).to_dict() == {"x": {0: 1}}


def test_those_who_may_not_write_carry_nothing(server, filled):
    done = subprocess.run(
        [sys.executable, "manage.py", "import_mlflow", "--from", filled, "--as", "viewer"],
        cwd=ROOT, env=dict(server.settings), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "may not" in done.stdout + done.stderr or "not imported" in done.stdout
    assert "1 imported" not in done.stdout


def test_a_source_that_does_not_answer_is_named(server):
    done = subprocess.run(
        [sys.executable, "manage.py", "import_mlflow", "--from", "http://127.0.0.1:9", "--as", "contributor"],
        cwd=ROOT, env=dict(server.settings), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "does not answer" in done.stderr
