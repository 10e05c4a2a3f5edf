"""The rules about single values: keys, numbers, texts, names and locations."""

import math

import pytest
from hypothesis import given, strategies as st

from audit.exceptions import InvalidInput
from tracking.rules import (
    Point,
    check_batch_size,
    check_key,
    latest_points,
    read_dataset_inputs,
    read_experiment_name,
    read_int64,
    read_location,
    read_logged_model_name,
    read_params,
    read_points,
    read_tags,
    read_text,
)
from tracking.rules.points import LARGEST_FLOAT


@pytest.mark.parametrize("key", ["acc", "val/acc", "f1 score", "a.b-c_d", "loss:0", "ünï/код", "x" * 250, "a.", "-"])
def test_a_key_is_taken(key):
    assert check_key(key, "key") == key


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (None, "must be provided"),
        ("", "must be provided"),
        (5, "must be provided"),
        ("a,b", "may only contain"),
        ("a\nb", "may only contain"),
        ("a(b)", "may only contain"),
        ("a/../b", "would resolve to 'b'"),
        ("a//b", "would resolve to 'a/b'"),
        ("/a", "would resolve to '/a'"),
        ("a/", "would resolve to 'a'"),
        ("./a", "would resolve to 'a'"),
        (".", "would resolve to '.'"),
        ("..", "would resolve to '..'"),
        ("../a", "would resolve to '../a'"),
        ("x" * 251, "maximum length of 250"),
    ],
)
def test_a_key_is_refused_with_the_reason_and_its_place(key, reason):
    with pytest.raises(InvalidInput) as refusal:
        check_key(key, "metrics[3].name")

    assert reason in str(refusal.value)
    assert "metrics[3].name" in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (1, 1.0),
        ("1.5", 1.5),
        (True, 1.0),
        ("Infinity", LARGEST_FLOAT),
        ("-Infinity", -LARGEST_FLOAT),
        ("inf", LARGEST_FLOAT),
        (math.inf, LARGEST_FLOAT),
        pytest.param(10**400, LARGEST_FLOAT, id="huge"),
        pytest.param(-(10**400), -LARGEST_FLOAT, id="minus huge"),
        (1e-320, 1e-320),
    ],
)
def test_a_metric_is_stored_as_a_finite_number(value, stored):
    (point,) = read_points([{"key": "a", "value": value, "timestamp": 1}])

    assert (point.value, point.is_nan) == (stored, False)


@pytest.mark.parametrize("value", ["NaN", "nan", math.nan])
def test_a_metric_may_be_not_a_number(value):
    assert read_points([{"key": "a", "value": value, "timestamp": 1}]) == [Point("a", 1, 0, 0.0, True)]


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        ({"value": 1, "timestamp": 1}, "Missing value for required parameter 'metrics[0].name'"),
        ({"key": "a", "timestamp": 1}, "Missing value for required parameter 'metrics[0].value'"),
        ({"key": "a", "value": "x", "timestamp": 1}, "Invalid value 'x' for parameter 'metrics[0].value'"),
        ({"key": "a", "value": [], "timestamp": 1}, "Invalid value [] for parameter 'metrics[0].value'"),
        ({"key": "a", "value": 1}, "Missing value for required parameter 'metrics[0].timestamp'"),
        ({"key": "a", "value": 1, "timestamp": -1}, "must not be negative"),
        ({"key": "a", "value": 1, "timestamp": "x"}, "Invalid value 'x' for parameter 'metrics[0].timestamp'"),
        ({"key": "a", "value": 1, "timestamp": 1, "step": 1.5}, "Invalid value 1.5 for parameter 'metrics[0].step'"),
        ({"key": "a", "value": 1, "timestamp": 1, "step": 2**63}, "64-bit whole number"),
        ("a", "not an object"),
    ],
)
def test_a_metric_is_refused_with_what_is_wrong(metric, sentence):
    with pytest.raises(InvalidInput) as refusal:
        read_points([metric])

    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("sent", "read"), [(5, 5), ("5", 5), ("-5", -5), (5.0, 5), ("5.0", 5), (-(2**63), -(2**63)), ("0" * 20, 0)]
)
def test_whole_numbers_may_be_sent_as_strings(sent, read):
    assert read_int64(sent, "step") == read


@pytest.mark.parametrize(
    "sent", [True, None, "", "5.5", "x", 2**63, 1e300, math.nan, math.inf, "9" * 30, [], "0x5", "१"]
)
def test_what_is_no_whole_number_of_64_bits_is_refused(sent):
    with pytest.raises(InvalidInput, match="64-bit whole number"):
        read_int64(sent, "step")


def test_long_params_and_tags_are_cut_and_other_texts_refused():
    assert read_params([{"key": "a", "value": "x" * 7000}]) == {"a": "x" * 6000}
    assert read_tags([{"key": "a", "value": "x" * 9000}]) == {"a": "x" * 8000}
    with pytest.raises(InvalidInput, match="maximum length of 3"):
        read_text("abcd", "value", 3)


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", 5, []])
def test_texts_that_a_database_could_not_keep_are_refused(value):
    with pytest.raises(InvalidInput):
        read_params([{"key": "a", "value": value}])


def test_a_param_key_is_sent_once_and_of_a_repeated_tag_the_last_counts():
    with pytest.raises(InvalidInput, match=r"Duplicate parameter keys have been submitted: \['a'\]"):
        read_params([{"key": "a", "value": "1"}, {"key": "a", "value": "1"}])

    assert read_tags([{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]) == {"a": "2"}


@pytest.mark.parametrize(
    ("metrics", "params", "tags", "most"),
    [
        (1001, 0, 0, "1000 metrics"),
        (0, 101, 0, "100 params"),
        (0, 0, 101, "100 tags"),
        (901, 50, 50, "1000 metrics, params"),
    ],
)
def test_a_batch_has_limits(metrics, params, tags, most):
    with pytest.raises(InvalidInput, match=f"at most {most}"):
        check_batch_size([{}] * metrics, [{}] * params, [{}] * tags)


def test_the_largest_batch_is_taken():
    check_batch_size([{}] * 800, [{}] * 100, [{}] * 100)


POINTS = st.lists(
    st.builds(
        Point,
        key=st.sampled_from(["a", "b"]),
        timestamp=st.integers(0, 2),
        step=st.integers(-1, 2),
        value=st.floats(-2, 2),
        is_nan=st.booleans(),
    )
)


@given(POINTS)
def test_the_latest_point_is_the_greatest_by_step_then_time_then_value_and_nan_loses_a_tie(points):
    latest = latest_points(points)

    assert latest.keys() == {point.key for point in points}
    for point in points:
        winner = latest[point.key]
        value = -math.inf if point.is_nan else point.value
        best = -math.inf if winner.is_nan else winner.value
        assert (winner.step, winner.timestamp, best) >= (point.step, point.timestamp, value)


@pytest.mark.parametrize("name", ["churn", "a/b:c", "Ünï ", "x" * 500])
def test_experiment_names_are_free_text(name):
    assert read_experiment_name(name) == name


@pytest.mark.parametrize("name", [None, "", "  ", 5, "x" * 501, "a\x00"])
def test_an_experiment_needs_a_name_of_some_length(name):
    with pytest.raises(InvalidInput):
        read_experiment_name(name)


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a.b", "a%b", 'a"b', "a'b", "x" * 501])
def test_a_logged_model_name_must_fit_into_a_uri(name):
    with pytest.raises(InvalidInput):
        read_logged_model_name(name)


@pytest.mark.parametrize(
    ("location", "stored"),
    [
        (None, ""),
        ("", ""),
        ("mlflow-artifacts:/shared/churn", "mlflow-artifacts:/shared/churn"),
        ("s3://bucket/prefix/", "s3://bucket/prefix"),
    ],
)
def test_artifacts_lie_on_this_server_or_in_an_object_store(location, stored):
    assert read_location(location) == stored


@pytest.mark.parametrize(
    "location",
    [
        "/etc",
        "relative",
        "file:///etc",
        "runs:/abc/model",
        "models:/a/1",
        "http://host/a",
        "s3://bucket/a#b",
        "s3://bucket/a?b",
        "mlflow-artifacts://host/a",
        "mlflow-artifacts:/../a",
        "mlflow-artifacts:/%2e%2e/a",
        "s3://bucket/" + "x" * 1000,
    ],
)
def test_artifacts_lie_nowhere_else(location):
    with pytest.raises(InvalidInput):
        read_location(location)


def dataset(**changes):
    return {"dataset": {"name": "iris", "digest": "1", "source_type": "local", "source": "{}"} | changes, "tags": []}


def test_of_datasets_with_the_same_name_and_digest_the_first_counts():
    first, second = read_dataset_inputs([dataset(), dataset(source="other"), dataset(digest="2")])

    assert (first.source, second.digest) == ("{}", "2")
    assert first.schema is None


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"dataset": None},
        dataset(name=None),
        dataset(digest=None),
        dataset(source=None),
        dataset(source_type=None),
        dataset(name="x" * 501),
        dataset(digest="x" * 37),
        dataset() | {"tags": [{"key": "a"}]},
        dataset() | {"tags": [{"key": "x" * 256, "value": "a"}]},
        dataset() | {"tags": [{"key": "a", "value": "x" * 501}]},
    ],
)
def test_a_dataset_that_is_not_fully_described_is_refused(item):
    with pytest.raises(InvalidInput):
        read_dataset_inputs([item])
