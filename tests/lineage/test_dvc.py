"""A dvc.lock becomes runs and versions. The file beside this test was written by DVC 3.67."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit.models import AuditEvent
from lineage import keys
from lineage.models import Edge, Node
from lineage.vocabulary import EdgeKind, EdgeRole
from tests.native_api import call

HERE = Path(__file__).parent
LOCK = (HERE / "dvc.lock").read_text()
CLIENT = HERE.parents[1] / "client"
REPOSITORY = "https://github.com/acme/loans"
COMMIT = "c" * 40


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


def send(client, status=201, **more):
    sent = {"lock": LOCK, "repository": f"{REPOSITORY}.git", "commit": COMMIT, **more}
    return call(client, "post", "/lineage/import/dvc", json.dumps(sent), status=status)


def version(path, md5):
    return keys.dataset_version(REPOSITORY, path, "dvc-md5", md5)


def flows(kind):
    found = Edge.objects.filter(kind=kind).values_list("src__key", "src__label", "dst__key", "dst__label", "role")
    return {(src if kind == EdgeKind.USED else label, dst_label if kind == EdgeKind.USED else dst, EdgeRole(role).name)
            for src, label, dst, dst_label, role in found}  # fmt: skip


def test_stages_become_runs_of_pinned_files(client):
    done = send(client)

    assert done == {"is_new": True, "things": 17, "flows": 17}
    prepared = version("data/prepared", "740807b7ddf11e7056e787c085ebc4a1.dir")
    code = keys.code(REPOSITORY, COMMIT)
    assert flows(EdgeKind.GENERATED) == {
        ("prepare", prepared, "DATA"),
        ("train", version("metrics.json", "f04886860596507d5ab632fa8818bf7f"), "DATA"),
        ("train", version("model.bin", "63f4f1e9b725370f459720575cd5f953"), "DATA"),
    }
    assert flows(EdgeKind.USED) == {
        (version("data/images", "6ea46d53348e675e87743182f72de908.dir"), "prepare", "DATA"),
        (version("data/raw.csv", "5d02e4d2354eae28589766cca211477d"), "prepare", "DATA"),
        (version("src/prepare.py", "1ae83ccd2811994ae72b38d201c65029"), "prepare", "CODE"),
        (prepared, "train", "DATA"),
        (version("src/train.py", "734b4110572af08be6f4492e906a995e"), "train", "CODE"),
        (code, "prepare", "CODE"),
        (code, "train", "CODE"),
    }
    assert not Node.objects.filter(pinned=False).exists()
    train = Node.objects.get(label="train")
    assert train.props == {
        "stage": "train",
        "command": "python src/train.py",
        "params": {"params.yaml": {"train.layers": [8, 4], "train.lr": 0.1}},
    }
    assert Node.objects.get(key=prepared).props == {"size": 9, "nfiles": 1}


def test_the_import_is_in_the_log_once(client, contributor):
    send(client)
    assert send(client, status=200)["is_new"] is False

    event = AuditEvent.objects.get(action="project.lineage_imported")
    assert event.actor_uid == contributor.uid
    assert json.loads(event.body)["after"]["nodes"] == 17


def test_a_stage_that_did_not_run_again_is_the_same_run(client):
    send(client)
    before = Node.objects.count()
    send(client, commit="d" * 40, lock=LOCK.replace("train.lr: 0.1", "train.lr: 0.2"))

    assert sorted(Node.objects.filter(key__startswith="run:").values_list("label", flat=True)) == [
        "prepare", "train", "train",
    ]  # fmt: skip
    assert Node.objects.count() == before + 2


def test_a_lock_below_the_top_names_files_from_the_top(client):
    send(client, path="pipelines/loans/dvc.lock", lock=LOCK.replace("data/raw.csv", "../raw.csv"))

    assert Node.objects.filter(key=version("pipelines/raw.csv", "5d02e4d2354eae28589766cca211477d")).exists()


def test_files_elsewhere_keep_their_place_and_a_tag_is_weak(client):
    lock = """
schema: '2.0'
stages:
  fetch:
    cmd: fetch
    deps:
    - path: s3://lake/raw.csv
      etag: abc
    outs:
    - path: nothing.txt
"""
    send(client, lock=lock)

    assert not Node.objects.get(key="dsv:s3://lake/raw.csv@etag:abc").pinned
    assert not Node.objects.get(key__startswith=f"dsv:{REPOSITORY}/nothing.txt@unpinned:").pinned


def test_the_first_schema_is_read_too(client):
    send(client, lock="prepare:\n  cmd: python x.py\n  deps:\n  - path: a\n    md5: '1'\n")

    assert Node.objects.filter(label="prepare").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"lock": "a: [&x 1, *x]"}, "aliases"),
        ({"lock": "{"}, "not YAML"),
        ({"lock": "!!python/object/apply:os.system ['true']"}, "not YAML"),
        ({"lock": "- a"}, "dvc.lock must be a JSON object"),
        ({"lock": "schema: '2.0'"}, "has no stages"),
        ({"lock": "schema: '2.0'\nstages: {a: {deps: [{md5: x}]}}"}, "dvc.lock.stages.a.deps[0].path must be"),
        ({"lock": 5}, "lock must be the text"),
        ({"commit": "main"}, "whole commit hash"),
        ({"repository": ""}, "repository must be"),
    ],
)
def test_what_is_no_lock_is_refused(client, change, sentence):
    if "stages: {a" in str(change.get("lock")):
        change["lock"] = "schema: '2.0'\nstages:\n  a:\n    deps:\n    - md5: x\n"
    assert sentence in send(client, status=400, **change)["message"]
    assert not Node.objects.exists()


def test_a_lock_that_is_too_large_is_refused(client):
    send(client, lock="#" * (2 * 2**20 + 1), status=413)


def test_those_who_may_not_write_import_nothing(client_of, viewer):
    send(client_of(viewer), status=403)


def test_a_password_in_the_address_is_not_kept(client):
    send(client, repository="https://ada:secret@github.com/acme/loans.git")

    from lineage.models import IngestEvent

    assert IngestEvent.objects.get().payload["repository"] == REPOSITORY


def test_the_command_tells_where_the_lock_lies(tmp_path, live_server, contributor, client_of):
    """`stagekeeper import dvc` in a git repository with one commit."""
    secret = client_of(contributor).defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    folder = tmp_path / "loans" / "pipelines"
    folder.mkdir(parents=True)
    (folder / "dvc.lock").write_text(LOCK)
    git = ["git", "-C", str(tmp_path / "loans"), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for words in (["init", "-q"], ["remote", "add", "origin", "https://ada:pw@github.com/acme/loans.git"],
                  ["add", "."], ["commit", "-q", "-m", "one"]):  # fmt: skip
        subprocess.run([*git, *words], check=True)
    environment = {**os.environ, "PYTHONPATH": str(CLIENT), "STAGEKEEPER_URL": live_server.url}
    command = [sys.executable, "-m", "stagekeeper", "import", "dvc", str(folder)]

    environment["STAGEKEEPER_TOKEN"] = secret
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "17 things and 17 links." in done.stdout
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert Node.objects.filter(key=keys.code(REPOSITORY, commit)).exists()
    assert Node.objects.filter(key__startswith=f"dsv:{REPOSITORY}/pipelines/data/raw.csv@").exists()
