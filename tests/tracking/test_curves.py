"""Curves of metrics: the same as a plain reference computes, bounded, at a price that depends on nothing else."""

import math
import random

import pytest
from django.db import connection

from accounts.principals import Principal
from audit import guard
from audit.exceptions import InvalidInput
from tests.native_api import call
from tests.tracking.test_query_counts import statements
from tests.tracking.test_search_cost import counted
from tracking import operations
from tracking.models import LatestMetric
from tracking.queries.curves import MOST_CURVES, MOST_ROWS, MOST_RUNS, Axis, metric_curves, reading

pytestmark = pytest.mark.django_db

LARGEST = 1.7976931348623157e308


@pytest.fixture
def log(contributor, project):
    """Logs points (timestamp, step, value) of a metric to a run."""

    def log(run, points, key="loss"):
        for start in range(0, len(points), 1_000):
            metrics = [
                {"key": key, "value": value, "timestamp": timestamp, "step": step}
                for timestamp, step, value in points[start : start + 1_000]
            ]
            operations.log_batch(contributor, project, run, metrics=metrics)

    return log


def only(curves):
    assert len(curves.curves) == 1
    return curves.curves[0]


def rows(curve):
    return [dict(zip(curve.columns, row, strict=True)) for row in zip(*curve.columns.values(), strict=True)]


def reference(points, place, first, last, most):
    """The buckets of these points, by looking at each of them."""
    inside = [point for point in set(points) if first <= place(point) <= last]
    low, high = min(map(place, inside)), max(map(place, inside))
    width = (high - low) // most + 1
    cut = {}
    for point in inside:
        cut.setdefault((place(point) - low) // width, []).append(point)
    return [_summary(cut[number], place) for number in sorted(cut)]


def _summary(points, place):
    numbers = sorted(point for point in points if abs(point[2]) < 1e300)
    values = [value for *_, value in numbers]
    nan = sum(math.isnan(value) for *_, value in points)
    steps = [step for _, step, _ in numbers]
    in_range = [point for point in numbers if min(steps) <= point[1] <= max(steps)]
    return {
        "points": len(points),
        "x": min(map(place, points)),
        "x_last": max(map(place, points)),
        "nan": nan,
        "infinite": len(points) - nan - len(numbers),
        "min": min(values, default=None),
        "max": max(values, default=None),
        "mean": sum(values) / len(values) if values else None,
        "first": in_range[0][2] if values else None,
        "last": in_range[-1][2] if values else None,
    }


AXES = {
    Axis.STEP: lambda point: point[1],
    Axis.TIME: lambda point: point[0],
    Axis.RELATIVE: lambda point: point[0] - 1_000,
}
SPECIAL = [math.nan, LARGEST, -LARGEST, 1e299]


@pytest.mark.parametrize("axis", Axis)
@pytest.mark.parametrize("seed", range(4))
def test_buckets_are_what_looking_at_every_point_says(contributor, make_run, log, axis, seed):
    draw = random.Random(seed)
    orderly = seed % 2 == 0
    points = [
        (
            1_000 + step * 7 if orderly else draw.randrange(1_000, 3_000),
            step if orderly else draw.randrange(-500, 500),
            draw.choice(SPECIAL) if draw.random() < 0.1 else draw.uniform(-3, 3),
        )
        for step in range(700)
    ]
    run = make_run("ann", start_time=1_000)
    log(run, points)
    log(run, [(5, 5, 5.0)] * 2, key="other")
    place = AXES[axis]
    for first, last in ((None, None), (place((1_200, -100, 0)), place((1_700, 300, 0)))):
        curve = only(metric_curves(contributor, [run], ["loss"], axis=axis, first=first, last=last, buckets=24))

        bounds = (-math.inf, math.inf) if first is None else (first, last)
        expected = reference(points, place, *bounds, 24)
        assert not curve.exact
        assert curve.points == sum(row["points"] for row in expected)
        assert len(expected) <= 24
        for row, wanted in zip(rows(curve), expected, strict=True):
            assert row == pytest.approx(wanted, rel=1e-6, abs=1e-9)


def test_few_points_come_as_they_are(contributor, make_run, log):
    run = make_run("ann", start_time=90)
    values = [0.1 + 0.2, math.nan, math.inf, -math.inf, 1 / 3]
    log(run, [(100 + number, number, value) for number, value in enumerate(values)])

    curve = only(metric_curves(contributor, [run], ["loss"], axis=Axis.RELATIVE, buckets=5))

    assert (curve.exact, curve.points) == (True, 5)
    assert curve.columns == {
        "x": [10, 11, 12, 13, 14],
        "value": [0.1 + 0.2, "NaN", "Infinity", "-Infinity", 1 / 3],
    }


def test_a_smaller_part_of_a_long_curve_shows_its_points(contributor, make_run, log):
    run = make_run("ann")
    log(run, [(step, step, step / 7) for step in range(1_000)])

    curve = only(metric_curves(contributor, [run], ["loss"], first=500, last=509, buckets=10))

    assert curve.columns == {"x": list(range(500, 510)), "value": [step / 7 for step in range(500, 510)]}


def test_a_part_without_points_is_empty(contributor, make_run, log):
    run = make_run("ann")
    log(run, [(1, 1, 1.0)])

    curve = only(metric_curves(contributor, [run], ["loss"], first=5, last=2**70))

    assert (curve.points, curve.exact, curve.columns) == (0, True, {"x": [], "value": []})


@pytest.mark.parametrize("first", [-(2**63), 0])
def test_steps_may_be_as_far_apart_as_numbers_go(contributor, make_run, log, first):
    run = make_run("ann")
    log(run, [(1, first, 1.0), (2, 0, 2.0), (3, 1, 3.0), (4, 2**63 - 1, 4.0)])

    curve = only(metric_curves(contributor, [run], ["loss"], buckets=2))

    assert sum(curve.columns["points"]) == 4
    assert curve.columns["x_last"][-1] == 2**63 - 1


def test_a_run_may_start_at_an_impossible_time(contributor, client_of, make_run, log):
    run = make_run("ann", start_time=-(2**63))
    log(run, [(2**63 - 1 - number, number, 1.0) for number in range(3)])

    for buckets in (1, 5):
        asked = {"run": run, "x": "relative", "buckets": buckets}
        answer = call(client_of(contributor), "get", "/metric-curves", asked)
        assert max(answer["curves"][0]["columns"]["x"]) == 2**63 - 1


def test_curves_come_in_the_order_of_keys_and_runs(contributor, make_run):
    runs = [make_run(name, metrics={"loss": 1, "acc": 2}) for name in ("ann", "bob")]

    asked = metric_curves(contributor, runs[::-1], ["loss", "acc", "nobody", "a\x00"])
    of_all = metric_curves(contributor, runs)

    assert [(curve.key, curve.run_name) for curve in asked.curves] == [
        ("loss", "bob"),
        ("loss", "ann"),
        ("acc", "bob"),
        ("acc", "ann"),
    ]
    assert [(curve.key, curve.run_name) for curve in of_all.curves][:3] == [
        ("acc", "ann"),
        ("acc", "bob"),
        ("loss", "ann"),
    ]


def test_whoever_may_not_see_a_run_is_told_as_if_there_were_none(outsider, make_run):
    run = make_run("ann", metrics={"loss": 1})

    curves = metric_curves(outsider, [run, "f" * 32, "a\x00"])

    assert curves.curves == []
    assert curves.not_found == [run, "f" * 32, "a\x00"]


def test_curves_are_live_while_a_run_is_at_work(contributor, make_run):
    running = make_run("ann", metrics={"loss": 1})
    done = make_run("bob", metrics={"loss": 1}, status="FINISHED")

    assert metric_curves(contributor, [running, done]).live
    assert not metric_curves(contributor, [done]).live


def test_what_is_too_much_is_refused_or_said(contributor, make_run, log, monkeypatch):
    run = make_run("ann", metrics={f"m{number:03}": number for number in range(MOST_CURVES + 3)})
    log(run, [(1, 1, 1.0), (2, 2, 2.0)])

    assert metric_curves(contributor, [run]).left_out == 4
    for asked in ([], [f"{number:032x}" for number in range(MOST_RUNS + 1)]):
        with pytest.raises(InvalidInput, match=f"1 to {MOST_RUNS} runs"):
            metric_curves(contributor, asked)
    with pytest.raises(InvalidInput, match="buckets"):
        metric_curves(contributor, [run], buckets=0)
    monkeypatch.setattr(reading, "MOST_POINTS", 1)
    with pytest.raises(InvalidInput, match="2 points together"):
        metric_curves(contributor, [run], ["loss"])


def test_many_curves_share_the_rows_of_an_answer(contributor, make_run, log):
    run = make_run("ann")
    for number in range(20):
        log(run, [(step, step, 1.0) for step in range(1_000)], key=f"m{number}")

    curves = metric_curves(contributor, [run], buckets=1_000).curves

    assert 0.8 * MOST_ROWS < sum(len(curve.columns["x"]) for curve in curves) <= MOST_ROWS


def test_many_curves_cost_as_many_statements_as_one(contributor, make_run, log):
    runs = [make_run(f"run-{number}", metrics={"acc": 1, "loss": 2}) for number in range(12)]
    for run in runs[:6]:
        log(run, [(step, step, 1.0) for step in range(50)])

    def cost(uids, *keys):
        principal = Principal(contributor.user, auth="session")
        return statements(lambda: metric_curves(principal, uids, keys, buckets=20))

    # The rights of the principal, and five.
    assert cost(runs[:1]) == cost(runs) == 6


FILL = """
INSERT INTO tracking_metric (series_id, timestamp, step, value, is_nan)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
SELECT {series}, i, i, i % 10, {false} FROM n
"""


@pytest.mark.parametrize("axis", Axis)
def test_a_curve_costs_no_more_when_others_are_long(contributor, project, make_run, axis):
    run = make_run("ann", metrics={"loss": 1, **{f"m{number}": 1 for number in range(30)}})
    series = dict(LatestMetric.objects.values_list("key", "pk"))

    def fill(key, count):
        with guard.lifted(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM tracking_metric WHERE series_id = %s", [series[key]])
            cursor.execute(FILL.format(series=series[key], count=count, false="FALSE"))
            if connection.vendor == "postgresql":
                cursor.execute("ANALYZE tracking_metric")

    def cost():
        with counted() as spent:
            metric_curves(contributor, [run], ["loss"], axis=axis, buckets=50)
        return spent[0]

    fill("loss", 2_000)
    for number in range(3):
        fill(f"m{number}", 2_000)
    alone = cost()
    for number in range(30):
        fill(f"m{number}", 20_000)

    assert cost() <= 2 * alone + 100


def test_a_script_asks_for_curves(viewer, outsider, client_of, make_run, log):
    run = make_run("ann", start_time=100)
    log(run, [(100 + step, step, math.nan if step == 7 else step) for step in range(200)])
    log(run, [(110, 1, math.inf)], key="acc")

    asked = {"run": [run, "f" * 32], "key": ["acc", "loss"], "x": "relative", "from": 5, "to": 104, "buckets": 10}
    answer = call(client_of(viewer), "get", "/metric-curves", asked)
    unseen = call(client_of(outsider), "get", "/metric-curves", {"run": run})

    assert {name: answer[name] for name in ("x", "live", "left_out", "not_found")} == {
        "x": "relative",
        "live": True,
        "left_out": 0,
        "not_found": ["f" * 32],
    }
    acc, loss = answer["curves"]
    assert acc["columns"] == {"x": [10], "value": ["Infinity"]}
    assert (loss["run_name"], loss["status"], loss["points"], loss["exact"]) == ("ann", "RUNNING", 100, False)
    assert loss["columns"]["x"] == list(range(5, 105, 10))
    assert loss["columns"]["nan"] == [1] + [0] * 9
    assert unseen == {"x": "step", "live": False, "left_out": 0, "not_found": [run], "curves": []}


@pytest.mark.parametrize(
    ("asked", "field"), [({}, "run"), ({"run": "a", "x": "y"}, "x"), ({"run": "a", "buckets": 5_000}, "buckets")]
)
def test_a_question_that_makes_no_sense_is_refused_at_its_field(viewer, client_of, asked, field):
    answer = call(client_of(viewer), "get", "/metric-curves", asked, status=400)

    assert field in answer["fields"]
