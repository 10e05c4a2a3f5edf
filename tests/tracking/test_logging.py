"""Logging metrics, params and tags: what is kept, what is refused, and that a batch is kept whole or not at all."""

import math

import orjson
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from audit.exceptions import InvalidInput, NotFound
from audit.models import AuditEvent
from tracking import operations
from tracking.exceptions import ParamChanged
from tracking.models import Metric
from tracking.queries import get_metric_history, get_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(make_run):
    return make_run("ann")


@pytest.fixture
def log(contributor, project, run):
    """Logs points of the metric ``loss``, each as (value, timestamp, step), in one batch."""

    def write(*points):
        metrics = [{"key": "loss", "value": value, "timestamp": time, "step": step} for value, time, step in points]
        operations.log_batch(contributor, project, run, metrics=metrics)

    return write


@pytest.fixture
def latest(contributor, project, run):
    """The latest (value, timestamp, step) of every metric."""

    def read():
        metrics = get_run(contributor, project, run).metrics
        return {metric["key"]: (metric["value"], metric["timestamp"], metric["step"]) for metric in metrics}

    return read


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(1, 5, 0), (2, 4, 1)], (2.0, 4, 1)),
        ([(1, 5, 1), (2, 6, 0)], (1.0, 5, 1)),
        ([(1, 5, 0), (2, 6, 0)], (2.0, 6, 0)),
        ([(2, 5, 0), (1, 5, 0)], (2.0, 5, 0)),
        ([(-1, 5, 0), ("NaN", 5, 0)], (-1.0, 5, 0)),
        ([("NaN", 5, 0), (-1, 5, 0)], (-1.0, 5, 0)),
        ([(1, 5, 0), ("NaN", 5, 1)], ("NaN", 5, 1)),
        ([(1, 5, -3), (2, 5, -4)], (1.0, 5, -3)),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_the_latest_value_is_that_of_the_greatest_step_time_and_value(log, latest, points, expected, at_once):
    if at_once:
        log(*points)
    else:
        for point in points:
            log(point)

    assert latest() == {"loss": expected}


VALUES = st.sampled_from([-1.0, 0.0, 2.5, math.nan])
SERIES = st.lists(st.tuples(st.sampled_from(["a", "b"]), VALUES, st.integers(0, 2), st.integers(0, 2)), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(points=SERIES, cut=st.integers(0, 12))
def test_however_points_are_cut_into_batches_the_latest_is_the_same(contributor, project, make_run, points, cut):
    run = make_run()
    for part in (points[:cut], points[cut:]):
        metrics = [{"key": key, "value": value, "timestamp": time, "step": step} for key, value, time, step in part]
        operations.log_batch(contributor, project, run, metrics=metrics)

    metrics = get_run(contributor, project, run).metrics
    found = {metric["key"]: (metric["step"], metric["timestamp"], metric["value"]) for metric in metrics}
    assert found == {key: model_of_latest(key, points) for key in {point[0] for point in points}}


def model_of_latest(key, points):
    def age(point):
        _, value, time, step = point
        return step, time, -math.inf if math.isnan(value) else value

    _, value, time, step = max((point for point in points if point[0] == key), key=age)
    return step, time, "NaN" if math.isnan(value) else value


def test_the_same_point_is_kept_once(contributor, project, run, log):
    log((1, 5, 0), (1, 5, 0), ("NaN", 5, 0), ("NaN", 5, 0))
    log((1, 5, 0), ("NaN", 5, 0), (1, 5, 1))

    history = get_metric_history(contributor, project, run, "loss").rows
    assert [(point["value"], point["step"]) for point in history] == [("NaN", 0), (1.0, 0), (1.0, 1)]
    assert Metric.objects.count() == 3


def test_numbers_keep_every_digit(contributor, project, run, log):
    values = [0.1 + 0.2, 1e-320, 1.7976931348623157e308, 2.5e-308, 123456789.123456789]
    log(*((value, number, 0) for number, value in enumerate(values)))

    assert [point["value"] for point in get_metric_history(contributor, project, run, "loss").rows] == values


def test_one_metric_is_logged_by_itself(contributor, project, run, latest):
    operations.log_metric(contributor, project, run, metric={"key": "acc", "value": "0.5", "timestamp": "7"})

    assert latest() == {"acc": (0.5, 7, 0)}


def test_a_param_is_written_once(contributor, project, run):
    for _ in range(2):
        operations.log_param(contributor, project, run, key="lr", value="0.1")
        operations.log_batch(contributor, project, run, params=[{"key": "lr", "value": "0.1"}])
    operations.log_param(contributor, project, run, key="empty", value="")

    with pytest.raises(ParamChanged, match=r"Changing param values is not allowed.*'0\.1'.*'0\.2'"):
        operations.log_param(contributor, project, run, key="lr", value="0.2")
    stored = {param["key"]: param["value"] for param in get_run(contributor, project, run).params}
    assert stored == {"empty": "", "lr": "0.1"}


def test_a_param_that_was_cut_is_the_same_when_it_is_cut_again(contributor, project, run):
    for _ in range(2):
        operations.log_param(contributor, project, run, key="text", value="x" * 6001)

    assert get_run(contributor, project, run).params == [{"key": "text", "value": "x" * 6000}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"params": [{"key": "new", "value": "1"}, {"key": "lr", "value": "0.2"}]},
        {"params": [{"key": "new", "value": "1"}, {"key": "new", "value": "1"}]},
        {"tags": [{"key": "a", "value": "b"}, {"key": "../a", "value": "b"}]},
        {"metrics": [{"key": "late", "value": 1, "timestamp": -1}]},
        {"metrics": [{"key": "late", "value": 1, "timestamp": 1, "model_id": "m-" + "0" * 32}]},
    ],
)
def test_a_batch_is_kept_whole_or_not_at_all(contributor, project, run, wrong):
    operations.log_param(contributor, project, run, key="lr", value="0.1")
    before = get_run(contributor, project, run)
    batch = {
        "metrics": [{"key": "loss", "value": 1, "timestamp": 1}],
        "params": [{"key": "depth", "value": "3"}],
        "tags": [{"key": "team", "value": "red"}],
    }

    with pytest.raises((InvalidInput, NotFound)):
        operations.log_batch(contributor, project, run, **{**batch, **{k: batch[k] + v for k, v in wrong.items()}})
    assert get_run(contributor, project, run) == before


def test_tags_are_replaced_and_deleted(contributor, project, run):
    operations.log_batch(
        contributor, project, run, tags=[{"key": "team", "value": "red"}, {"key": "team", "value": "blue"}]
    )
    operations.set_run_tag(contributor, project, run, key="note", value="x" * 9000)
    tags = {tag["key"]: tag["value"] for tag in get_run(contributor, project, run).tags}
    assert tags == {"mlflow.runName": "ann", "team": "blue", "note": "x" * 8000}

    operations.delete_run_tag(contributor, project, run, key="team")
    for key in ("team", "a\x00", ""):
        with pytest.raises(NotFound, match="No tag with name"):
            operations.delete_run_tag(contributor, project, run, key=key)


def test_an_empty_batch_is_taken(contributor, project, run):
    operations.log_batch(contributor, project, run)


def test_the_largest_batch_is_kept(contributor, project, run, latest):
    metrics = [{"key": f"m{number % 7}", "value": number, "timestamp": number, "step": number} for number in range(800)]
    params = [{"key": f"p{number}", "value": "x"} for number in range(100)]
    tags = [{"key": f"t{number}", "value": "x"} for number in range(100)]
    operations.log_batch(contributor, project, run, metrics=metrics, params=params, tags=tags)

    assert len(latest()) == 7
    assert Metric.objects.count() == 800
    assert len(get_run(contributor, project, run).params) == 100


def test_logging_is_not_an_event(contributor, project, run, log):
    before = AuditEvent.objects.count()
    log((1, 1, 1))
    operations.set_run_tag(contributor, project, run, key="a", value="b")

    assert AuditEvent.objects.count() == before


def test_descriptions_of_saved_models_are_collected_in_a_tag(contributor, project, run):
    for name in ("a", "b"):
        operations.log_model_history(contributor, project, run, model=f'{{"artifact_path": "{name}"}}')

    tags = {tag["key"]: tag["value"] for tag in get_run(contributor, project, run).tags}
    assert orjson.loads(tags["mlflow.log-model.history"]) == [{"artifact_path": "a"}, {"artifact_path": "b"}]


@pytest.mark.parametrize("model", ["", "x", "[]", "5", None])
def test_a_description_of_a_model_is_an_object(contributor, project, run, model):
    with pytest.raises(InvalidInput, match="must be the JSON text of an object"):
        operations.log_model_history(contributor, project, run, model=model)
