"""Which keys and values the runs of an experiment have."""

import pytest

from tracking import operations
from tracking.queries.keys import MOST_KEYS, keys_of_experiment, values_in_experiment


def test_every_key_is_known_once(experiment, make_run):
    for number in range(3):
        make_run(metrics={"acc": number, f"only-{number}": 1}, params={"lr": "1"}, tags={"team": "risk"})

    keys = keys_of_experiment(experiment.pk)

    assert keys.metrics == ("acc", "only-0", "only-1", "only-2")
    assert keys.params == ("lr",)
    assert keys.tags == ("mlflow.runName", "team")


def test_keys_of_other_experiments_are_not_told(contributor, project, experiment, make_run):
    other = operations.create_experiment(contributor, project, name="other")
    make_run(metrics={"secret": 1}, experiment_id=str(other.pk))

    assert keys_of_experiment(experiment.pk).metrics == ()


def test_keys_that_begin_like_that_come_first(experiment, make_run):
    make_run(metrics={"val_ACC": 1, "acc": 1, "loss": 1})

    assert keys_of_experiment(experiment.pk).containing("Acc").metrics == ("acc", "val_ACC")


def test_values_are_known_once(experiment, make_run):
    for value in ["b", "a", "b", "ü", "x" * 300]:
        make_run(params={"model": value})

    assert values_in_experiment(experiment.pk, "param", "model") == ["a", "b", "x" * 128, "ü"]


@pytest.mark.parametrize("key", ["never", "a\x00b"])
def test_a_key_without_values_has_none(experiment, key):
    assert values_in_experiment(experiment.pk, "tag", key) == []


def test_there_is_an_end_to_how_many_keys_are_known(experiment, make_run):
    for start in (0, 900):
        make_run(metrics={f"m{start + number:04}": 1 for number in range(900)})

    assert len(keys_of_experiment(experiment.pk).metrics) == MOST_KEYS
