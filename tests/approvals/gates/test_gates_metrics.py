"""The gates about metrics: a threshold, and the version in use."""

import json
import math

import pytest

from registry import operations
from registry.rules import Stage

TEST = ("churn-test", "aaaa1111", "testing")
NEWER_TEST = ("churn-test", "bbbb2222", "testing")
TRAIN = ("churn-train", "cccc3333", "training")

THRESHOLD = {
    "high enough": (0.93, {"at_least": 0.9}, "pass", "Its accuracy is 0.93."),
    "just high enough": (0.9, {"at_least": 0.9}, "pass", "Its accuracy is 0.9."),
    "low enough": (0.1, {"at_most": 0.2}, "pass", "Its accuracy is 0.1."),
    "within": (0.5, {"at_least": 0.4, "at_most": 0.6}, "pass", "Its accuracy is 0.5."),
    "zero": (0.0, {"at_most": 0}, "pass", "Its accuracy is 0.0."),
    "too low": (
        0.89,
        {"at_least": 0.9},
        "fail",
        "Its accuracy is 0.89, and the policy asks for accuracy of at least 0.9.",
    ),
    "too high": (
        0.3,
        {"at_most": 0.2},
        "fail",
        "Its accuracy is 0.3, and the policy asks for accuracy of at most 0.2.",
    ),
    "above the window": (0.7, {"at_least": 0.4, "at_most": 0.6}, "fail", "at least 0.4 and at most 0.6"),
    "NaN against a floor": (math.nan, {"at_least": 0.9}, "fail", "is not a number (NaN): measure it again."),
    "NaN against a ceiling": (math.nan, {"at_most": 0.9}, "fail", "is not a number (NaN): measure it again."),
    "infinity against a floor": (math.inf, {"at_least": 0.9}, "fail", "is infinite: measure it again."),
    "minus infinity against a ceiling": (-math.inf, {"at_most": 0.9}, "fail", "is infinite: measure it again."),
}


@pytest.mark.parametrize("case", THRESHOLD)
def test_a_threshold(case, make_version, judge):
    value, limits, outcome, sentence = THRESHOLD[case]
    version = make_version(metrics={"accuracy": value})

    result = judge(version, "metric_threshold", metric="accuracy", **limits)

    assert result.outcome == outcome
    assert sentence in result.sentence
    assert result.observed
    assert result.expected.startswith("accuracy of at ")


@pytest.mark.parametrize("case", THRESHOLD)
def test_what_a_threshold_keeps_is_json_without_floats(case, make_version, judge):
    value, limits, _, _ = THRESHOLD[case]
    version = make_version(metrics={"accuracy": value})

    kept = judge(version, "metric_threshold", metric="accuracy", **limits).columns()

    def no_floats(text: str) -> float:
        raise AssertionError(f"a float: {text}")

    json.loads(json.dumps(kept["inputs"], allow_nan=False), parse_float=no_floats)
    assert kept["inputs"]["measure"]["value"]
    assert kept["inputs"]["measure"]["said_by"] == f"run {version.run_uid}"
    assert kept["evaluator"] == "stagekeeper/1"


def test_a_threshold_without_the_metric_is_an_error(make_version, judge):
    result = judge(make_version(metrics={"loss": 0.1}), "metric_threshold", metric="accuracy", at_least=0.9)

    assert result.outcome == "error"
    assert result.sentence == "Nobody has logged its accuracy: log it to the run or the logged model."


def test_a_threshold_on_a_version_without_a_run_is_an_error(version, judge):
    result = judge(version, "metric_threshold", metric="accuracy", at_least=0.9)

    assert result.outcome == "error"
    assert "registered without the run that made it" in result.sentence


def test_the_latest_value_counts(contributor, project, make_version, make_run, judge):
    from tracking.operations import log_batch

    run = make_run()
    points = [
        {"key": "accuracy", "value": value, "timestamp": 1, "step": step} for step, value in enumerate([0.99, 0.5])
    ]
    log_batch(contributor, project, run.uid, metrics=points)

    assert judge(make_version(run=run), "metric_threshold", metric="accuracy", at_least=0.9).outcome == "fail"


@pytest.mark.parametrize(("dataset", "outcome"), [("churn-test", "pass"), ("aaaa1111", "pass"), ("other", "error")])
def test_a_threshold_on_a_dataset_by_its_name_or_digest(dataset, outcome, make_version, judge):
    version = make_version(metrics={"accuracy": 0.93}, datasets=[TEST, TRAIN])

    result = judge(version, "metric_threshold", metric="accuracy", dataset=dataset, at_least=0.9)

    assert result.outcome == outcome
    assert "churn-test (aaaa1111)" in (result.sentence if outcome == "error" else result.observed)


def test_a_metric_of_a_run_with_two_test_sets_is_on_neither(make_version, judge):
    version = make_version(metrics={"accuracy": 0.93}, datasets=[TEST, NEWER_TEST])

    result = judge(version, "metric_threshold", metric="accuracy", dataset="aaaa1111", at_least=0.9)

    assert result.outcome == "error"
    assert "on a dataset that nothing names, not on aaaa1111" in result.sentence


def test_the_logged_models_own_metrics_come_before_the_runs(
    make_run, make_logged_model, measure, register_logged, judge
):
    run = make_run()
    good, other = make_logged_model(run), make_logged_model(run)
    measure(run, good, 0.95, at=1)
    measure(run, other, 0.2, at=2)

    result = judge(register_logged(good), "metric_threshold", metric="accuracy", at_least=0.9)

    assert result.outcome == "pass"
    assert result.inputs["measure"]["said_by"] == f"logged model {good.uid}"


def test_a_logged_model_is_judged_on_the_dataset_that_the_policy_names(
    make_run, make_logged_model, measure, register_logged, judge
):
    run = make_run()
    logged = make_logged_model(run)
    measure(run, logged, 0.7, dataset="churn-test", digest="aaaa1111", at=1)
    measure(run, logged, 0.95, dataset="easy", digest="dddd4444", at=2)
    version = register_logged(logged)

    def ask(**more):
        return judge(version, "metric_threshold", metric="accuracy", at_least=0.9, **more).outcome

    assert (ask(), ask(dataset="churn-test"), ask(dataset="easy")) == ("pass", "fail", "pass")


def test_nan_of_a_logged_model_never_passes(make_run, make_logged_model, measure, register_logged, judge):
    run = make_run()
    logged = make_logged_model(run)
    measure(run, logged, math.nan)

    assert judge(register_logged(logged), "metric_threshold", metric="accuracy", at_most=1).outcome == "fail"


# --- Against the incumbent --------------------------------------------------------------------------------------------

AGAINST = {
    "better": (0.93, 0.9, "higher", 0, "pass"),
    "equal": (0.9, 0.9, "higher", 0, "pass"),
    "worse": (0.89, 0.9, "higher", 0, "fail"),
    "worse within the tolerance": (0.89, 0.9, "higher", 0.01, "pass"),
    "worse by more than the tolerance": (0.88, 0.9, "higher", 0.01, "fail"),
    "lower is better": (0.1, 0.2, "lower", 0, "pass"),
    "higher is worse": (0.3, 0.2, "lower", 0, "fail"),
    "higher within the tolerance": (0.3, 0.2, "lower", 0.1, "pass"),
    "NaN": (math.nan, 0.2, "higher", 0, "fail"),
    "infinity": (math.inf, 0.2, "higher", 0, "fail"),
    "minus infinity where lower is better": (-math.inf, 0.2, "lower", 0, "fail"),
    "an incumbent of NaN": (0.9, math.nan, "higher", 0, "error"),
    "an infinite incumbent": (0.9, -math.inf, "higher", 0, "error"),
}


@pytest.mark.parametrize("case", AGAINST)
def test_against_the_incumbent(case, make_version, promote, judge):
    value, before, direction, tolerance, outcome = AGAINST[case]
    promote(make_version(metrics={"accuracy": before}, datasets=[TEST]))
    version = make_version(metrics={"accuracy": value}, datasets=[TEST])

    given = {"metric": "accuracy", "direction": direction, "tolerance": tolerance}
    result = judge(version, "metric_vs_incumbent", **given)

    assert result.outcome == outcome
    assert "churn-test (aaaa1111)" in result.observed
    assert "fraud/1" in result.sentence or "NaN" in result.sentence or "infinite" in result.sentence
    json.dumps(result.inputs, allow_nan=False)


def against(judge, version, **more):
    return judge(version, "metric_vs_incumbent", metric="accuracy", direction="higher", **more)


def test_without_an_incumbent_it_passes_and_says_so(make_version, judge):
    result = against(judge, make_version())

    assert result.outcome == "pass"
    assert result.sentence.startswith("There is no incumbent")


def test_staging_has_no_incumbent(make_version, promote, judge):
    promote(make_version(metrics={"accuracy": 0.9}, datasets=[TEST]))

    result = against(judge, make_version(), stage=Stage.STAGING)

    assert result.sentence == "There is no incumbent: Staging has room for several versions."


NOT_COMPARABLE = {
    "another digest of the same name": (
        {"datasets": [NEWER_TEST]},
        "on churn-test (bbbb2222), that of fraud/1 on churn-test (aaaa1111): evaluate both on the same data.",
    ),
    "no dataset": ({}, "Nothing says on which data the accuracy of fraud/2 was measured"),
    "no metric": ({"metrics": {}}, "Nobody has logged the accuracy of fraud/2"),
}


@pytest.mark.parametrize("case", NOT_COMPARABLE)
def test_what_cannot_be_compared_is_an_error(case, make_version, promote, judge):
    given, sentence = NOT_COMPARABLE[case]
    promote(make_version(metrics={"accuracy": 0.9}, datasets=[TEST]))

    result = against(judge, make_version(**{"metrics": {"accuracy": 0.99}} | given))

    assert result.outcome == "error"
    assert sentence in result.sentence


def test_an_incumbent_without_the_metric_is_an_error(make_version, promote, judge):
    promote(make_version(datasets=[TEST]))

    result = against(judge, make_version(metrics={"accuracy": 0.99}, datasets=[TEST]))

    assert result.outcome == "error"
    assert "Nobody has logged the accuracy of fraud/1" in result.sentence


def test_an_incumbent_that_nobody_tracked_is_an_error(contributor, model, version, make_version, promote, judge):
    promote(version)

    assert against(judge, make_version(metrics={"accuracy": 0.99}, datasets=[TEST])).outcome == "error"


def test_every_dataset_that_both_were_measured_on_counts(
    make_run, make_logged_model, measure, register_logged, promote, judge
):
    run = make_run()
    before, now = make_logged_model(run), make_logged_model(run)
    for logged, values in ((before, (0.9, 0.8)), (now, (0.95, 0.7))):
        measure(run, logged, values[0], dataset="set", digest="aaaa1111", at=1)
        measure(run, logged, values[1], dataset="set", digest="dddd4444", at=2)
    promote(register_logged(before))

    result = against(judge, register_logged(now))

    assert result.outcome == "fail"
    assert "0.7 against 0.8 on set (dddd4444)" in result.sentence
    assert "0.95 against 0.9 on set (aaaa1111)" in result.observed


def test_training_data_does_not_count_beside_test_data(
    make_run, make_logged_model, measure, register_logged, promote, judge
):
    run = make_run(datasets=[TRAIN, TEST])
    before, now = make_logged_model(run), make_logged_model(run)
    for logged, values in ((before, (0.9, 0.99)), (now, (0.95, 0.96))):
        measure(run, logged, values[0], dataset="churn-test", digest="aaaa1111", at=1)
        measure(run, logged, values[1], dataset="churn-train", digest="cccc3333", at=2)
    promote(register_logged(before))

    result = against(judge, register_logged(now))

    assert result.outcome == "pass"
    assert "cccc3333" not in result.observed


def test_the_version_that_left_production_is_no_incumbent(make_version, promote, maintainer, judge):
    first = promote(make_version(metrics={"accuracy": 0.99}, datasets=[TEST]))
    operations.transition_stage(maintainer, first, Stage.ARCHIVED)

    assert against(judge, make_version(metrics={"accuracy": 0.5}, datasets=[TEST])).outcome == "pass"
