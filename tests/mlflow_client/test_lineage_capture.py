"""The graph that an unmodified script leaves when the plug-in is installed, in a real repository with DVC files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from tests.mlflow_client.servers import ROOT, Server

pytestmark = pytest.mark.stagekeeper("lineage is Stagekeeper's own")

SCRIPT = """
import random
import mlflow
mlflow.set_experiment({experiment!r})
with mlflow.start_run() as run:
    mlflow.log_metric("auc", 0.9)
print(run.info.run_id)
"""
PIPELINE = """
stages:
  prepare:
    cmd: python prepare.py
    deps: [data/raw.csv]
    outs: [data/clean.csv]
  train:
    cmd: python train.py --fast
    deps: [data/clean.csv, data/labels.csv, train.py]
"""
LOCK = """
schema: '2.0'
stages:
  prepare:
    cmd: python prepare.py
    deps: [{{path: data/raw.csv, md5: {raw}}}]
    outs: [{{path: data/clean.csv, md5: {clean}}}]
  train:
    cmd: python train.py --fast
    deps: [{{path: data/clean.csv, md5: {old}}}, {{path: train.py, md5: {old}}}]
"""
RAW, CLEAN, OLD, LABELS = (letter * 32 for letter in "abcd")


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client package in a folder, with its entry points, as pip would install it."""
    folder, source = tmp_path_factory.mktemp("plugin"), ROOT / "client"
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    shutil.copytree(source / "stagekeeper", folder / "stagekeeper", ignore=shutil.ignore_patterns("__pycache__"))
    about = folder / f"stagekeeper_client-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in points.items())
        for group, points in project["entry-points"].items()
    ]
    (about / "entry_points.txt").write_text("\n".join(groups))
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose pipeline under DVC has a stage that trains."""
    folder = tmp_path / "loans"
    folder.mkdir()
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "dvc.lock").write_text(LOCK.format(raw=RAW, clean=CLEAN, old=OLD))
    (folder / "data").mkdir()
    (folder / "data" / "labels.csv.dvc").write_text(f"outs: [{{md5: {LABELS}, path: labels.csv}}]\n")
    (folder / "uv.lock").write_text("version = 1\n")
    (folder / "train.py").write_text("")
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "remote", "add", "origin", "https://ann:secret@git.example/acme/loans.git")
    return folder


def _git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _train(server: Server, plugin: Path, folder: Path, script: str, **variables: str) -> str:
    """Run a script like a person would, with the plug-in on the path; return the id of its run."""
    (folder / "train.py").write_text(script)
    if not variables.pop("LEAVE_CHANGED", ""):
        _git(folder, "add", ".")
        _git(folder, "commit", "--quiet", "--allow-empty", "-m", "Train")
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "CI_JOB_IMAGE"}}
    environment |= {"PYTHONPATH": str(plugin), "MLFLOW_TRACKING_URI": server.url, "PYTHONHASHSEED": "7"}
    environment |= {"MLFLOW_DISABLE_TELEMETRY": "true", **server.credentials("admin"), **variables}
    words = [sys.executable, "train.py"]
    done = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.split()[-1]


def _walk(server: Server, start: str, direction: str = "up") -> dict[str, Any]:
    query = urllib.parse.urlencode({"start": start, "direction": direction, "limit": 1000})
    request = urllib.request.Request(
        f"{server.url}/api/v1/lineage/walk?{query}",
        headers={"Authorization": f"Bearer {server.credentials('admin')['MLFLOW_TRACKING_TOKEN']}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _keys(server: Server, run: str) -> set[str]:
    return {node["key"] for node in _walk(server, f"run={run}")["nodes"]} - {f"run:local/{run}"}


def test_a_script_that_knows_nothing_leaves_its_whole_origin(
    server: Server, plugin: Path, repository: Path, experiment: Any
) -> None:
    digest = f"sha256:{'e' * 64}"
    run = _train(
        server,
        plugin,
        repository,
        SCRIPT.format(experiment=experiment.name),
        STAGEKEEPER_IMAGE=f"ghcr.io/acme/train@{digest}",
        DVC_ROOT=str(repository),
    )

    address = "https://git.example/acme/loans"
    lock = hashlib.sha256((repository / "uv.lock").read_bytes()).hexdigest()
    assert _keys(server, run) == {
        f"git:{address}@{_git(repository, 'rev-parse', 'HEAD')}",
        f"oci:ghcr.io/acme/train@{digest}",
        f"env:sha256:{lock}",
        f"dsv:{address}/data/clean.csv@dvc-md5:{CLEAN}",
        f"dsv:{address}/data/labels.csv@dvc-md5:{LABELS}",
    }
    tags = mlflow.get_run(run).data.tags
    assert tags["mlflow.source.git.dirty"] == "false"
    assert tags["stagekeeper.seed.python_hash"] == "7"
    assert json.loads(tags["stagekeeper.hardware"])["cpus"] == os.cpu_count()
    assert "secret" not in str(tags)


def test_changed_code_is_told_from_the_commit(server: Server, plugin: Path, repository: Path, experiment: Any) -> None:
    script = SCRIPT.format(experiment=experiment.name)
    clean = _train(server, plugin, repository, script)
    changed = [_train(server, plugin, repository, f"{script}# {word}\n", LEAVE_CHANGED="1") for word in ("a", "b", "b")]

    codes = [next(key for key in _keys(server, run) if key.startswith("git:")) for run in (clean, *changed)]
    assert len(set(codes)) == 3
    assert codes[2] == codes[3] != codes[1]
    assert "+sha256:" in codes[1]
    assert "+" not in codes[0]


def test_it_can_be_turned_off(server: Server, plugin: Path, repository: Path, experiment: Any) -> None:
    run = _train(server, plugin, repository, SCRIPT.format(experiment=experiment.name), STAGEKEEPER_RUN_CONTEXT="off")

    assert not [key for key in mlflow.get_run(run).data.tags if key.startswith("stagekeeper.")]


def test_the_plug_in_is_quick(plugin: Path, repository: Path) -> None:
    sys.path.insert(0, str(ROOT / "client"))
    try:
        from stagekeeper.run_context import StagekeeperRunContext
    finally:
        sys.path.remove(str(ROOT / "client"))

    provider = StagekeeperRunContext()
    provider.tags()
    before = time.process_time()
    for _ in range(100):
        provider.tags()
    assert time.process_time() - before < 0.1


def test_nothing_behind_a_version_in_use_is_deleted_by_any_call_of_the_client(
    server: Server, client: MlflowClient, unique: Any, sign_in: Any
) -> None:
    first, second = mlflow.create_experiment(unique("data")), mlflow.create_experiment(unique("training"))
    prepared = client.create_run(first).info.run_id
    client.log_text(prepared, "1,2", "x.csv")
    trained = client.create_run(second).info.run_id
    lies_at = f"mlflow-artifacts:/{first}/{prepared}/artifacts/x.csv"
    dataset = mlflow.entities.Dataset("x", "d1", "mlflow-artifacts", json.dumps({"uri": lies_at}))
    client.log_inputs(trained, [mlflow.entities.DatasetInput(dataset)])
    base = client.create_logged_model(first, source_run_id=prepared).model_id
    client.log_inputs(trained, models=[mlflow.entities.LoggedModelInput(base)])
    name = unique("model")
    client.create_registered_model(name)
    version = client.create_model_version(name, f"runs:/{trained}/m", run_id=trained).version
    client.set_registered_model_alias(name, "champion", version)

    for delete in (
        lambda: client.delete_run(prepared),
        lambda: client.delete_run(trained),
        lambda: client.delete_experiment(first),
        lambda: client.delete_logged_model(base),
        lambda: _delete_artifacts(client, prepared),
    ):
        with pytest.raises((MlflowException, requests.HTTPError), match=f"{name}/1 has an alias"):
            delete()
    client.delete_registered_model_alias(name, "champion")
    client.delete_logged_model(base)
    client.delete_run(prepared)


def _delete_artifacts(client: MlflowClient, run: str) -> None:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    get_artifact_repository(client.get_run(run).info.artifact_uri).delete_artifacts("x.csv")
