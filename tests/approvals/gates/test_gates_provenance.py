"""The gate about provenance: each part found where it may stand, and told when it is missing."""

import pytest

from registry import operations
from tests.approvals.gates.conftest import MODEL_FILES

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "sha256:" + "ab" * 32
TAGS = {
    "mlflow.source.git.commit": COMMIT,
    "stagekeeper.git.dirty": "false",
    "stagekeeper.image.digest": f"registry.example.org/train@{DIGEST}",
    "stagekeeper.seed": "42",
}
DATASETS = [("churn", "aaaa1111", "training")]
UNLOCKED = {"model.pkl": b"weights"}


def made(**changes):
    """A version of which everything is known, but for what is changed; a tag that is None is left out."""
    tags = {key: value for key, value in (TAGS | changes.pop("tags", {})).items() if value is not None}
    return {"tags": None, "run_tags": tags, "datasets": DATASETS, "params": {}, "files": MODEL_FILES} | changes


CASES = {
    "everything": (made(), ""),
    "no commit": (made(tags={"mlflow.source.git.commit": None}), "code commit"),
    "a short commit": (made(tags={"mlflow.source.git.commit": COMMIT[:7]}), "code commit"),
    "a commit by SHA-256": (made(tags={"mlflow.source.git.commit": "0f" * 32}), ""),
    "a changed tree": (made(tags={"stagekeeper.git.dirty": "true"}), "clean tree"),
    "a tree nobody looked at": (made(tags={"stagekeeper.git.dirty": None}), "clean tree"),
    "MLflow says clean": (made(tags={"stagekeeper.git.dirty": None, "mlflow.source.git.dirty": "false"}), ""),
    "MLflow says changed": (made(tags={"mlflow.source.git.dirty": "true"}), "clean tree"),
    "no data": (made(datasets=[]), "data digest"),
    "data without a digest": (made(datasets=[*DATASETS, ("extra", "", "training")]), "data digest"),
    "no image": (made(tags={"stagekeeper.image.digest": None}), "image digest"),
    "an image by its tag": (made(tags={"stagekeeper.image.digest": "train:latest"}), "image digest"),
    "an image as MLflow says": (made(tags={"stagekeeper.image.digest": None, "mlflow.docker.image.id": DIGEST}), ""),
    "no seed": (made(tags={"stagekeeper.seed": None}), "seed"),
    "a seed of None": (made(tags={"stagekeeper.seed": None}, params={"random_state": "None"}), "seed"),
    "a seed of NaN": (made(tags={"stagekeeper.seed": "NaN"}), "seed"),
    "a param of a similar name": (made(tags={"stagekeeper.seed": None}, params={"proceed": "1"}), "seed"),
    "a param seed": (made(tags={"stagekeeper.seed": None}, params={"seed": "0"}), ""),
    "a param random_state": (made(tags={"stagekeeper.seed": None}, params={"random_state": "7"}), ""),
    "a param of a step": (made(tags={"stagekeeper.seed": None}, params={"model__random_state": "7"}), ""),
    "no lock": (made(files=UNLOCKED), "environment lock"),
    "a lock elsewhere": (made(files=UNLOCKED | {"extra/conda.yaml": b"x"}), "environment lock"),
    "a conda lock": (made(files=UNLOCKED | {"conda.yaml": b"x"}), ""),
    "a python_env": (made(files=UNLOCKED | {"python_env.yaml": b"x"}), ""),
    "a lock by its digest": (made(files=UNLOCKED, tags={"stagekeeper.environment.digest": DIGEST}), ""),
    "a lock by another text": (made(files=UNLOCKED, tags={"stagekeeper.environment.digest": "v1"}), "environment lock"),
}


@pytest.mark.parametrize("case", CASES)
def test_provenance(case, make_run, make_version, judge):
    given, missing = CASES[case]
    run = make_run(tags=given["run_tags"], datasets=given["datasets"], params=given["params"])

    result = judge(make_version(run=run, files=given["files"]), "provenance_complete")

    assert result.outcome == ("fail" if missing else "pass")
    if missing:
        assert result.sentence.startswith(f"Its run has to say more. Missing: {missing} (")
        assert result.sentence.count(";") == 0
        assert f"{missing}: missing" in result.observed
    else:
        assert "missing" not in result.observed


def test_everything_missing_is_listed(make_version, judge):
    sentence = judge(make_version(files=UNLOCKED), "provenance_complete").sentence

    parts = ("code commit", "clean tree", "data digest", "image digest", "seed", "environment lock")
    assert all(part in sentence for part in parts)


def test_the_policy_may_need_only_some_parts(make_run, make_version, judge):
    version = make_version(run=make_run(tags={"mlflow.source.git.commit": COMMIT}))

    assert judge(version, "provenance_complete", needs=["code commit", "environment_lock"]).outcome == "pass"
    assert judge(version, "provenance_complete", needs=["Code-Commit", "seed"]).observed == (
        f"code commit: {COMMIT}; seed: missing"
    )


def test_a_part_that_there_is_not_is_an_error(make_version, judge):
    result = judge(make_version(), "provenance_complete", needs=["weather"])

    assert result.outcome == "error"
    assert "Provenance has no part weather" in result.sentence


def test_a_version_without_a_run_fails(version, judge):
    result = judge(version, "provenance_complete")

    assert result.outcome == "fail"
    assert result.sentence.startswith("It was registered without the run that made it, so nobody knows code commit")


def test_a_logged_model_brings_its_run_and_its_own_params(
    contributor, project, model, make_run, make_logged_model, upload, judge
):
    from tracking.operations import log_logged_model_params

    logged = make_logged_model(make_run(tags={**TAGS, "stagekeeper.seed": ""}, datasets=DATASETS))
    log_logged_model_params(contributor, project, logged.uid, params=[{"key": "random_state", "value": "3"}])
    upload(logged, MODEL_FILES)
    version = operations.create_model_version(contributor, model, f"models:/{logged.uid}", logged_model_uid=logged.uid)

    result = judge(version, "provenance_complete")

    assert result.outcome == "pass"
    assert "seed: random_state=3" in result.observed
