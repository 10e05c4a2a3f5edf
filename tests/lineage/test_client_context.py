"""What the client plug-in finds out, part by part, and that it never stands in the way of a run."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

CLIENT = Path(__file__).resolve().parents[2] / "client"
RAW, CLEAN = "a" * 32, "b" * 32
LOCK = f"""
stages:
  prepare:
    cmd: python prepare.py
    deps: [{{path: raw.csv, md5: {RAW}}}, {{path: prepare.py, md5: {RAW}}}]
    outs: [{{path: clean.csv, md5: {CLEAN}}}]
  train:
    cmd: python train.py
    deps: [{{path: clean.csv, md5: {RAW}}}]
"""


@pytest.fixture(autouse=True)
def script(tmp_path, monkeypatch):
    """A script in an empty folder, running with the plug-in on the path."""
    monkeypatch.syspath_prepend(str(CLIENT))
    for name in ("DVC_ROOT", "DVC_STAGE", "CI_JOB_IMAGE", "IMAGE_DIGEST", "PYTHONHASHSEED"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "train.py"
    file.write_text("")
    monkeypatch.setattr(sys, "argv", [str(file)])
    return file


@pytest.fixture
def context():
    from stagekeeper.context import code, data, environment

    return SimpleNamespace(code=code, data=data, environment=environment)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ann:secret@host/a/b.git?token=secret#secret", "https://host/a/b.git"),
        ("ssh://git:secret@host/a", "ssh://git@host/a"),
        ("git@host:a/b.git", "git@host:a/b.git"),
    ],
)
def test_addresses_lose_their_secrets(context, url, shown):
    assert context.code.without_credentials(url) == shown


def test_without_repository_there_is_no_commit(context):
    assert context.code.tags() == {}


@pytest.mark.parametrize(
    ("name", "root", "deps", "sure"),
    [
        ("train.py", "x", [["clean.csv", CLEAN]], True),  # from the stage that made it, not from the old entry
        ("train.py", "", [["clean.csv", CLEAN]], False),
        ("prepare.py", "x", [["raw.csv", RAW]], True),
        ("other.py", "x", [["raw.csv", RAW]], False),
    ],
)
def test_dvc_says_what_the_running_stage_reads(context, script, monkeypatch, name, root, deps, sure):
    (script.parent / "dvc.lock").write_text(LOCK)
    (script.parent / name).write_text("")
    monkeypatch.setattr(sys, "argv", [str(script.parent / name)])
    monkeypatch.setenv("DVC_ROOT", root)

    said = json.loads(context.data.tags()["stagekeeper.dvc.0"])
    assert (said["deps"], said["sure"]) == (deps, sure)


def test_much_data_takes_several_tags(context, script):
    deps = ", ".join(f"{{path: data/{number:05}.parquet, md5: {RAW}}}" for number in range(300))
    (script.parent / "dvc.lock").write_text(f"stages: {{train: {{cmd: python train.py, deps: [{deps}]}}}}")

    tags = context.data.tags()
    assert sum(len(json.loads(value)["deps"]) for value in tags.values()) == 300
    assert all(len(value) < 5_000 for value in tags.values())


@pytest.mark.parametrize(
    ("variables", "tags"),
    [
        ({"STAGEKEEPER_IMAGE": f"r/i@sha256:{RAW}{RAW}"}, {"name": "r/i", "digest": f"sha256:{RAW}{RAW}"}),
        ({"CI_JOB_IMAGE": "r/i:1", "IMAGE_DIGEST": RAW + RAW}, {"name": "r/i:1", "digest": f"sha256:{RAW}{RAW}"}),
        ({"DOCKER_IMAGE": "r/i:1"}, {"name": "r/i:1"}),
        ({"DOCKER_IMAGE": "https://user:secret@host/i"}, {}),
        ({}, {}),
    ],
)
def test_the_image_is_what_the_job_says(context, monkeypatch, variables, tags):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert context.environment.image_tags() == {f"stagekeeper.image.{key}": value for key, value in tags.items()}


def test_requirements_count_when_they_pin(context, script):
    (script.parent / "requirements.txt").write_text("numpy\n")
    assert context.environment.lock_tags() == {}
    (script.parent / "requirements.txt").write_text("numpy==2 --hash=sha256:abc\n")
    assert context.environment.lock_tags()["stagekeeper.lock.file"] == "requirements.txt"
    (script.parent / "uv.lock").write_text("")
    assert context.environment.lock_tags()["stagekeeper.lock.file"] == "uv.lock"


def test_what_goes_wrong_is_left_out(context, script, monkeypatch):
    from stagekeeper.run_context import StagekeeperRunContext

    monkeypatch.setenv("PATH", "")  # no git
    (script.parent / "dvc.lock").write_text("stages: [{")

    tags = StagekeeperRunContext().tags()
    assert set(tags) <= {"stagekeeper.hardware", "stagekeeper.seed.numpy", "stagekeeper.seed.torch"}
