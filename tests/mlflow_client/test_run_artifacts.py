"""Files of a run: logging, listing, downloading and deleting, through the MLflow client."""

import json
from pathlib import Path

import matplotlib as mpl
import mlflow
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts, list_artifacts, load_dict, load_image, load_text
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

mpl.use("Agg")


@pytest.fixture
def run(experiment):
    with mlflow.start_run() as run:
        yield run


def test_a_file_comes_back_byte_for_byte(run, tmp_path: Path):
    (tmp_path / "model.bin").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "empty.txt").touch()

    mlflow.log_artifact(tmp_path / "model.bin", "deep/er")
    mlflow.log_artifact(tmp_path / "empty.txt")

    assert Path(download_artifacts(run_id=run.info.run_id, artifact_path="deep/er/model.bin")).read_bytes() == (
        bytes(range(256)) * 100
    )
    assert Path(download_artifacts(run_id=run.info.run_id, artifact_path="empty.txt")).read_bytes() == b""


def test_a_folder_goes_up_and_comes_down_whole(run, tmp_path: Path):
    files = {"a.txt": "A", "sub/b.txt": "B", "sub/sub/c ü.txt": "C", "100% & more.txt": "D"}
    for name, text in files.items():
        path = tmp_path / "up" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    mlflow.log_artifacts(tmp_path / "up", "data")
    folder = Path(download_artifacts(run_id=run.info.run_id, artifact_path="data", dst_path=str(tmp_path / "down")))

    assert {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()} == files


def test_listing_shows_one_level_with_sizes(run, client: MlflowClient):
    mlflow.log_text("hello", "notes.txt")
    mlflow.log_text("12345678", "data/one.txt")
    mlflow.log_text("1", "data/deep/two.txt")

    def shown(path: str | None = None) -> list[tuple[str, bool, int | None]]:
        return [(info.path, info.is_dir, info.file_size) for info in client.list_artifacts(run.info.run_id, path)]

    assert shown() == [("data", True, None), ("notes.txt", False, 5)]
    assert shown("data") == [("data/deep", True, None), ("data/one.txt", False, 8)]
    assert shown("data/deep") == [("data/deep/two.txt", False, 1)]
    assert shown("notes.txt") == []
    assert shown("nothing") == []


def test_a_file_is_overwritten_by_the_next_of_its_name(run):
    mlflow.log_text("one", "notes.txt")
    mlflow.log_text("two, longer", "notes.txt")

    assert load_text(f"{run.info.artifact_uri}/notes.txt") == "two, longer"


def test_text_dict_figure_image_and_stream_are_read_back(run):
    mlflow.log_text("grün", "text.txt")
    mlflow.log_dict({"a": [1, 2]}, "plain.json")
    mlflow.log_dict({"a": {"b": 1}}, "plain.yaml")
    figure = Figure()
    figure.subplots().plot([0, 1], [1, 0])
    mlflow.log_figure(figure, "plots/line.png")
    mlflow.log_image(np.zeros((4, 6, 3), dtype=np.uint8), "black.png")

    assert load_text(f"runs:/{run.info.run_id}/text.txt") == "grün"
    assert load_dict(f"runs:/{run.info.run_id}/plain.json") == {"a": [1, 2]}
    assert "b: 1" in load_text(f"runs:/{run.info.run_id}/plain.yaml")
    assert load_image(f"{run.info.artifact_uri}/black.png").size == (6, 4)
    assert load_image(f"{run.info.artifact_uri}/plots/line.png").size[0] > 0


def test_images_with_steps_are_logged(run, client: MlflowClient):
    mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), key="sample", step=1)
    mlflow.flush_artifact_async_logging()

    assert {Path(info.path).suffix for info in client.list_artifacts(run.info.run_id, "images")} == {".png", ".webp"}


def test_a_table_grows_and_is_loaded_with_its_runs(run, experiment):
    mlflow.log_table({"question": ["a?"], "answer": ["b"]}, "eval/table.json")
    mlflow.log_table(pd.DataFrame({"question": ["c?"], "answer": ["d"]}), "eval/table.json")

    table = mlflow.load_table("eval/table.json", run_ids=[run.info.run_id], extra_columns=["run_id"])

    assert list(table["question"]) == ["a?", "c?"]
    assert set(table["run_id"]) == {run.info.run_id}
    tag = mlflow.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"]
    assert json.loads(tag) == [{"path": "eval/table.json", "type": "table"}]


def test_a_table_is_found_among_the_runs_of_an_experiment(experiment):
    for number in range(2):
        with mlflow.start_run():
            mlflow.log_table({"x": [number]}, "table.json")
    with mlflow.start_run():
        mlflow.log_param("no", "table")

    assert sorted(mlflow.load_table("table.json")["x"]) == [0, 1]


def test_a_file_and_a_folder_are_deleted(run, client: MlflowClient):
    mlflow.log_text("1", "keep.txt")
    mlflow.log_text("1", "drop.txt")
    mlflow.log_text("1", "folder/deep/drop.txt")
    repository = get_artifact_repository(run.info.artifact_uri)

    repository.delete_artifacts("drop.txt")
    repository.delete_artifacts("folder")
    repository.delete_artifacts("nothing.txt")

    assert [info.path for info in client.list_artifacts(run.info.run_id)] == ["keep.txt"]


def test_a_missing_file_says_so(run):
    with pytest.raises((MlflowException, OSError)):
        download_artifacts(run_id=run.info.run_id, artifact_path="nothing.txt")


def test_artifacts_are_listed_by_uri(run):
    mlflow.log_text("1", "folder/one.txt")

    assert [info.path for info in list_artifacts(artifact_uri=f"{run.info.artifact_uri}/folder")] == ["folder/one.txt"]
    assert [info.path for info in list_artifacts(run_id=run.info.run_id)] == ["folder"]
