"""Which params of a sweep matter for a metric."""

import random

import pytest
from hypothesis import given, strategies as st

from tracking.rules.importance import explained, importances, ranks_of

RANDOM = random.Random(7)


def by_param(runs):
    return {one.param: one for one in importances(runs)}


def grid(count=60):
    """Runs whose metric depends on the learning rate alone."""
    for number in range(count):
        rate, depth = RANDOM.uniform(0.001, 0.1), RANDOM.choice("234567")
        params = {"rate": str(rate), "depth": depth, "name": f"run-{number}", "kind": "tree"}
        yield params, rate * 2 + RANDOM.gauss(0, 0.005)


def test_the_param_that_decides_comes_first():
    found = importances(list(grid()))

    assert found[0].param == "rate"
    assert found[0].share > 0.8
    assert {one.param: one for one in found}["depth"].share < 0.15


def test_a_category_explains_by_its_groups():
    runs = [({"kernel": kernel}, value) for kernel, value in [("rbf", 0.9), ("rbf", 0.91), ("lin", 0.5), ("lin", 0.52)]]

    kernel = by_param(runs)["kernel"]

    assert kernel.share == pytest.approx(0.7)  # ranks 3, 4 and 1, 2: within 1 of 5, corrected for two groups of four
    assert (kernel.runs, kernel.groups, kernel.is_numeric) == (4, 2, False)


def test_a_param_that_never_changes_is_left_out():
    assert "kind" not in by_param(grid())


def test_a_param_that_is_different_in_every_run_explains_nothing():
    assert by_param(grid())["name"].share is None


def test_one_run_that_diverged_does_not_decide():
    runs = [({"rate": str(number)}, float(number)) for number in range(30)]
    runs[3] = ({"rate": "3"}, 1e300)

    assert by_param(runs)["rate"].share > 0.6


def test_few_runs_are_called_a_guess():
    runs = [({"rate": str(number)}, float(number)) for number in range(12)]

    assert by_param(runs)["rate"].is_guess
    assert not by_param(runs * 2)["rate"].is_guess


@pytest.mark.parametrize("metric", [float("nan"), float("inf"), float("-inf")])
def test_a_run_without_a_number_does_not_count(metric):
    runs = [({"a": str(number % 2)}, float(number)) for number in range(10)]

    assert importances([*runs, ({"a": "9"}, metric)]) == importances(runs)


def test_a_param_that_only_some_runs_have_counts_for_those():
    runs = [({"a": str(number % 2)} if number < 8 else {"b": "x"}, float(number)) for number in range(10)]

    assert by_param(runs)["a"].runs == 8


@pytest.mark.parametrize("runs", [[], [({"a": "1"}, 1.0)], [({"a": "1"}, 1.0), ({"a": "2"}, 2.0)]])
def test_too_few_runs_say_nothing(runs):
    assert all(one.share is None for one in importances(runs))


def test_a_metric_that_never_changes_says_nothing():
    assert by_param([({"a": str(number % 3)}, 1.0) for number in range(12)])["a"].share is None


def test_equal_numbers_share_their_rank():
    assert ranks_of([10, 20, 10, 5]) == [2.5, 4, 2.5, 1]


VALUES = st.sampled_from(["1", "2", "3.5", "-1e9", "x", "", "nan", "inf", "0x1"])


@given(st.lists(st.tuples(st.dictionaries(st.sampled_from("abc"), VALUES), st.floats()), max_size=40), st.randoms())
def test_a_share_is_a_share_whatever_the_order(runs, shuffle):
    mixed = list(runs)
    shuffle.shuffle(mixed)

    found = by_param(runs)

    assert all(one.share is None or 0 <= one.share <= 1 for one in found.values())
    again = by_param(mixed)
    assert found.keys() == again.keys()
    for param, one in found.items():
        assert one.share == pytest.approx(again[param].share)


def test_variance_between_groups_is_compared_with_all_of_it():
    assert explained(["a", "a", "b", "b"], [1, 1, 2, 2]) == 1
    assert explained(["a", "a", "b", "b"], [1, 2, 1, 2]) == 0
    assert explained(["a", "b"], [1, 2]) is None
