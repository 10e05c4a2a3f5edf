"""The points of a metric: in the order of time, in pages, thinned for pictures."""

import pytest

from audit.exceptions import InvalidInput, NotFound
from tracking import operations
from tracking.queries import get_metric_history, sample_metric_history
from tracking.search.pages import write_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(contributor, project, make_run):
    uid = make_run("ann")
    points = [(3, 1, 7.0), (1, 3, 5.0), (1, 2, 6.0), (1, 2, "NaN"), (2, 0, -1.0), (1, 2, -4.0)]
    metrics = [{"key": "loss", "value": value, "timestamp": time, "step": step} for time, step, value in points]
    operations.log_batch(contributor, project, uid, metrics=metrics)
    return uid


def places(rows):
    return [(row["timestamp"], row["step"], row["value"]) for row in rows]


IN_ORDER = [(1, 2, -4.0), (1, 2, "NaN"), (1, 2, 6.0), (1, 3, 5.0), (2, 0, -1.0), (3, 1, 7.0)]


def test_points_come_in_the_order_of_time_step_and_value(contributor, project, run):
    page = get_metric_history(contributor, project, run, "loss")

    assert places(page.rows) == IN_ORDER
    assert page.next_page_token == ""


@pytest.mark.parametrize("size", [1, 2, 5, 6, 25_000])
def test_pages_show_every_point_once(contributor, project, run, size):
    found, token = [], ""
    while True:
        page = get_metric_history(contributor, project, run, "loss", max_results=size, page_token=token)
        found += page.rows
        token = page.next_page_token
        if not token:
            break
        assert len(page.rows) == size

    assert places(found) == IN_ORDER


@pytest.mark.parametrize("key", ["other", "", "a\x00"])
def test_a_metric_that_was_never_logged_has_no_points(contributor, project, run, key):
    assert get_metric_history(contributor, project, run, key).rows == []


@pytest.mark.parametrize(
    "content",
    [
        {"offset": 5},
        {"after": [1, 2, 3]},
        {"after": ["a", 1, 1, True]},
        {"after": [1, 1, "a", True]},
        {"after": [1, 1, 1, 1]},
        {"after": "abcd"},
    ],
)
def test_a_token_that_is_not_of_a_history_is_refused(contributor, project, run, content):
    with pytest.raises(InvalidInput, match="page token"):
        get_metric_history(contributor, project, run, "loss", page_token=write_token(content))


@pytest.mark.parametrize("size", [0, -5])
def test_a_page_holds_something(contributor, project, run, size):
    with pytest.raises(InvalidInput, match="max_results"):
        get_metric_history(contributor, project, run, "loss", max_results=size)


def test_whoever_may_not_see_the_run_sees_no_points(outsider, project, run):
    with pytest.raises(NotFound):
        get_metric_history(outsider, project, run, "loss")
    with pytest.raises(NotFound):
        sample_metric_history(outsider, project, [run], "loss", max_results=5)


@pytest.fixture
def curves(contributor, project, make_run):
    """Two runs: one with 100 steps, one with 30."""
    runs = []
    for name, steps in (("long", 100), ("short", 30)):
        uid = make_run(name)
        metrics = [{"key": "loss", "value": step, "timestamp": step, "step": step} for step in range(steps)]
        operations.log_batch(contributor, project, uid, metrics=metrics)
        runs.append(uid)
    return runs


def test_a_sample_is_thin_keeps_the_ends_and_shows_all_runs_at_the_same_steps(contributor, project, curves):
    sample = sample_metric_history(contributor, project, curves, "loss", max_results=10)

    long, short = ([point["step"] for point in sample[run]] for run in curves)
    assert len(long) <= 12
    assert (long[0], long[-1]) == (0, 99)
    assert (short[0], short[-1]) == (0, 29)
    assert set(short[:-1]) <= set(long)


def test_a_sample_of_few_points_is_all_of_them(contributor, project, curves):
    sample = sample_metric_history(contributor, project, curves, "loss", max_results=100)

    assert [len(sample[run]) for run in curves] == [100, 30]


def test_a_sample_may_be_of_a_range_of_steps(contributor, project, curves):
    sample = sample_metric_history(contributor, project, curves, "loss", max_results=50, start_step=20, end_step=40)

    assert [point["step"] for point in sample[curves[0]]] == list(range(20, 41))
    with pytest.raises(InvalidInput, match="must not be less"):
        sample_metric_history(contributor, project, curves, "loss", max_results=50, start_step=2, end_step=1)


@pytest.mark.parametrize("count", [0, 101])
def test_a_sample_is_of_a_bounded_number_of_runs(contributor, project, count):
    with pytest.raises(InvalidInput, match="Between 1 and 100 runs"):
        sample_metric_history(contributor, project, ["0" * 32] * count, "loss", max_results=5)
