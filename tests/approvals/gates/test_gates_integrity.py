"""The gate about stored bytes: every file is read again and compared with what was sent."""

import tracemalloc
from uuid import uuid4

import boto3
import pytest

from approvals.gates.files import flaw_of
from artifacts.models import ArtifactFile, FileState
from artifacts.operations import check_store
from artifacts.queries import content_digest
from audit import guard, triggers
from audit.exceptions import Unavailable
from registry import operations
from registry.rules import Stage


def test_files_as_they_were_sent_pass(make_version, judge):
    version = make_version()

    result = judge(version, "integrity")

    digest = content_digest(version.space, version.prefix)
    assert (result.outcome, result.sentence) == ("pass", "The store has every file as it was sent.")
    assert result.observed == f"3 files, content digest {digest}"
    assert result.inputs["digest"] == digest
    assert result.inputs["flaws"] == {}


def test_a_frozen_version_passes_too(make_version, promote, judge):
    assert judge(promote(make_version()), "integrity").outcome == "pass"


def test_a_version_that_is_one_file_passes(contributor, model, make_run, upload, judge):
    run = make_run()
    upload(run, {"model.onnx": b"weights", "other.txt": b"x"})
    version = operations.create_model_version(contributor, model, f"runs:/{run.uid}/model.onnx", run_uid=run.uid)

    assert judge(version, "integrity").observed.startswith("1 file, ")


def test_an_empty_file_passes(make_version, judge):
    assert judge(make_version(files={"empty": b""}), "integrity").outcome == "pass"


SPOILT = {
    "other bytes of the same length": (b"weighty", "model.pkl (other bytes than were stored)"),
    "fewer bytes": (b"w", "model.pkl (1 bytes instead of 7)"),
    "more bytes": (b"weights and more", "model.pkl (16 bytes instead of 7)"),
    "no bytes at all": (None, "model.pkl (missing from the store)"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_spoilt_bytes_fail_with_the_path(case, make_version, spoil, judge):
    content, told = SPOILT[case]
    version = make_version()
    spoil(version, "model.pkl", content)

    result = judge(version, "integrity")

    assert result.outcome == "fail"
    assert result.sentence == f"Log these files again, they are not what was stored: {told}."
    assert result.observed == "2 of 3 files as they were sent"
    assert list(result.inputs["flaws"]) == ["model.pkl"]


def test_a_file_known_to_be_damaged_fails_without_being_read(make_version, spoil, judge):
    version = make_version()
    spoil(version, "model.pkl", None)
    check_store()

    assert "model.pkl (damaged or lost)" in judge(version, "integrity").sentence
    assert ArtifactFile.objects.get(name="model.pkl").state == FileState.DAMAGED


def test_a_file_that_nobody_has_read_yet_fails(make_version, judge):
    version = make_version()
    with guard.lifted(), triggers.disabled():
        ArtifactFile.objects.filter(name="model.pkl").update(sha256="")

    result = judge(version, "integrity")

    assert result.outcome == "fail"
    assert "model.pkl (not read yet since its upload)" in result.sentence


def test_many_spoilt_files_are_told_briefly(make_version, spoil, judge):
    version = make_version(files={f"part-{number}": b"x" for number in range(8)})
    for number in range(8):
        spoil(version, f"part-{number}", b"y")

    assert judge(version, "integrity").sentence.endswith("and 3 more.")


def test_other_files_than_those_it_was_frozen_with_fail(make_version, promote, judge):
    version = promote(make_version(), Stage.STAGING)
    with guard.lifted(), triggers.disabled():
        ArtifactFile.objects.filter(name="MLmodel").update(name="renamed")

    result = judge(version, "integrity")

    assert result.outcome == "fail"
    assert f"not those with which it was frozen: that was {version.content_digest}" in result.sentence


def test_a_version_without_files_fails(make_version, judge):
    result = judge(make_version(files={}), "integrity")

    assert (result.outcome, result.observed) == ("fail", "no files")


def test_an_outside_store_is_an_error(version, judge):
    result = judge(version, "integrity")

    assert result.outcome == "error"
    assert "s3://bucket/fraud, and this server does not keep its files there" in result.sentence


def test_a_store_that_does_not_answer_is_an_error(make_version, judge, monkeypatch):
    def refuse(*given):
        raise Unavailable("The artifact store does not answer.")

    version = make_version()
    monkeypatch.setattr("artifacts.stores.local.LocalStore.size", refuse)

    result = judge(version, "integrity")

    assert result.outcome == "error"
    assert "The artifact store does not answer." in result.sentence


def test_for_a_mere_question_a_large_version_is_not_read(make_version, spoil, judge, monkeypatch, request_):
    monkeypatch.setattr("approvals.gates.content._READ_BEFOREHAND", 10)
    version = make_version()
    assert judge(version, "integrity").sentence.endswith("All bytes are read when somebody asks for the step.")
    spoil(version, "model.pkl", b"weighty")

    assert judge(version, "integrity").outcome == "pass"
    assert judge(version, "integrity", request=request_).outcome == "fail"
    spoil(version, "model.pkl", b"w")
    assert judge(version, "integrity").outcome == "fail"


@pytest.fixture(params=[False, True], ids=["a bucket", "a bucket with versions"])
def in_s3(request, settings, s3_endpoint):
    """Artifacts lie in a bucket of S3, in which anything can be done behind the server's back."""
    bucket = f"bucket-{uuid4().hex}"
    client = boto3.client("s3", endpoint_url=s3_endpoint)
    client.create_bucket(Bucket=bucket)
    if request.param:
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    settings.ARTIFACT_ROOT, settings.ARTIFACT_S3_ENDPOINT_URL = f"s3://{bucket}/kept", s3_endpoint

    def key_of(name):
        return {"Bucket": bucket, "Key": f"kept/{ArtifactFile.objects.live().get(name=name).storage_key}"}

    yield client, key_of, request.param
    client.close()


def test_files_in_s3_are_read_again(in_s3, make_version, judge):
    client, key_of, versioned = in_s3
    version = make_version(files={"MLmodel": b"flavors: {}", "empty": b""})
    assert judge(version, "integrity").outcome == "pass"

    client.put_object(**key_of("MLmodel"), Body=b"flavors: []")
    overwritten = judge(version, "integrity")
    client.delete_object(**key_of("MLmodel"))
    deleted = judge(version, "integrity")

    if versioned:  # the version that was written first is still what is read
        assert (overwritten.outcome, deleted.outcome) == ("pass", "pass")
    else:
        assert "MLmodel (other bytes than were stored)" in overwritten.sentence
        assert "MLmodel (missing from the store)" in deleted.sentence


def test_a_large_file_is_read_in_little_memory(make_version):
    make_version(files={"weights": b"\x07" * (24 << 20)})
    file = ArtifactFile.objects.get(name="weights")
    tracemalloc.start()
    try:
        assert flaw_of(file) == ""
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 6 << 20
