"""Big files go straight to the object store and back, in parts, when clients can reach it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import boto3
import mlflow
import pytest
from mlflow.artifacts import download_artifacts

from tests.mlflow_client.servers import Server, start_server

MEGABYTE = 1024 * 1024
pytestmark = pytest.mark.stagekeeper("our server decides by its settings where bytes lie")


@pytest.fixture(scope="module")
def store(s3_endpoint: str) -> str:
    boto3.client("s3", endpoint_url=s3_endpoint).create_bucket(Bucket="models")
    return s3_endpoint


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Server]:
    """A server that keeps artifacts in S3."""
    with start_server(
        tmp_path_factory.mktemp("direct"),
        ARTIFACT_ROOT="s3://models/stagekeeper",
        ARTIFACT_S3_ENDPOINT_URL=store,
        ARTIFACT_S3_PUBLIC_URL=store,
    ) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(hashlib.sha256(b"seed").digest() * (13 * MEGABYTE // 32))
    return path


def _count(store: str) -> int:
    listed = boto3.client("s3", endpoint_url=store).list_objects_v2(Bucket="models", Prefix="stagekeeper/")
    return listed["KeyCount"]


def test_small_files_pass_through_the_server(experiment, store):
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "notes.txt")

    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes.txt") == "hello"
    assert _count(store) >= 1


def test_a_big_file_is_sent_in_parts_and_fetched_in_parts(experiment, file, monkeypatch, tmp_path, client):
    for direction in ("UPLOAD", "DOWNLOAD"):
        monkeypatch.setenv(f"MLFLOW_MULTIPART_{direction}_MINIMUM_FILE_SIZE", str(5 * MEGABYTE))
        monkeypatch.setenv(f"MLFLOW_MULTIPART_{direction}_CHUNK_SIZE", str(5 * MEGABYTE))

    with mlflow.start_run() as run:
        mlflow.log_artifact(str(file), "deep")
    copy = Path(
        download_artifacts(run_id=run.info.run_id, artifact_path="deep/weights.bin", dst_path=str(tmp_path / "x"))
    )

    assert copy.read_bytes() == file.read_bytes()
    assert [(info.path, info.file_size) for info in client.list_artifacts(run.info.run_id, "deep")] == [
        ("deep/weights.bin", file.stat().st_size)
    ]


@pytest.mark.usefixtures("quick_requirements")
def test_a_model_is_logged_and_loaded(experiment, classifier, unique):
    name = unique("stored")
    with mlflow.start_run():
        mlflow.sklearn.log_model(classifier, name="model", registered_model_name=name)

    assert list(mlflow.sklearn.load_model(f"models:/{name}/1").predict([[-5.0], [5.0]])) == [0, 1]
