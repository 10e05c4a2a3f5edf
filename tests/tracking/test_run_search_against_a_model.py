"""Whatever runs there are and whatever is asked: the database answers what a loop over all runs would."""

import math
import operator as operators
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tracking import operations
from tracking.queries import search_runs

pytestmark = pytest.mark.django_db
NAMES = count()

KEYS = st.sampled_from(["a", "b"])
TEXTS = st.sampled_from(["", "x", "X", "xy", "Xy%", "_", "a*", "[x]", "x'y", "10", "9"])
NUMBERS = st.sampled_from([-1.5, 0.0, 1.0, 2.0, 1e300, math.nan])
BOUNDS = st.sampled_from(["-2", "-1.5", "0", "1.0", "1.5", "2e0"])


@dataclass
class Made:
    """A run as the model knows it."""

    start_time: int
    end_time: int | None
    metrics: dict[str, float]
    params: dict[str, str]
    tags: dict[str, str]
    status: str
    uid: str = field(default="")


RUNS = st.lists(
    st.builds(
        Made,
        start_time=st.integers(0, 3),
        end_time=st.none() | st.integers(0, 3),
        metrics=st.dictionaries(KEYS, NUMBERS),
        params=st.dictionaries(KEYS, TEXTS),
        tags=st.dictionaries(KEYS, TEXTS),
        status=st.sampled_from(["RUNNING", "FINISHED"]),
    ),
    max_size=8,
)
QUOTED = TEXTS.map(lambda text: "'" + text.replace("'", "''") + "'")
COMPARISONS = st.one_of(
    st.tuples(st.just("metrics"), KEYS, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), BOUNDS),
    st.tuples(st.sampled_from(["params", "tags"]), KEYS, st.sampled_from(["=", "!=", "LIKE", "ILIKE"]), QUOTED),
    st.tuples(st.sampled_from(["params", "tags"]), KEYS, st.sampled_from(["IS NULL", "IS NOT NULL"]), st.just("")),
    st.tuples(
        st.just("attributes"), st.sampled_from(["start_time", "end_time"]), st.sampled_from(["<", ">=", "!="]), BOUNDS
    ),
    st.tuples(st.just("attributes"), st.just("status"), st.sampled_from(["=", "!="]), st.just("'RUNNING'")),
)
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["metrics.a", "metrics.b", "params.a", "tags.b", "start_time", "end_time", "status"]),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda term: term[0],
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=RUNS, comparisons=st.lists(COMPARISONS, max_size=3), orders=ORDERS, size=st.integers(1, 9))
def test_a_search_finds_what_a_loop_over_all_runs_would(contributor, project, runs, comparisons, orders, size):
    experiment = str(operations.create_experiment(contributor, project, name=f"world {next(NAMES)}").pk)
    for run in runs:
        make(contributor, project, experiment, run)
    expected = [run for run in runs if all(matches(run, comparison) for comparison in comparisons)]
    expected.sort(key=lambda run: (-run.start_time, run.uid))
    for name, descending in reversed(orders):
        expected.sort(key=lambda run: rank(run, name, descending))

    found, token = [], ""
    for _ in range(len(runs) + 1):
        page = search_runs(
            contributor,
            project,
            experiment_ids=[experiment],
            filter_string=" AND ".join(f"{kind}.{key} {op} {value}" for kind, key, op, value in comparisons),
            order_by=[f"{name} {'DESC' if descending else 'ASC'}" for name, descending in orders],
            max_results=size,
            page_token=token,
        )
        found += [row.head.uid for row in page.rows]
        token = page.next_page_token
        if not token:
            break

    assert found == [run.uid for run in expected]


def make(actor, project, experiment, run):
    run.uid = operations.create_run(actor, project, experiment_id=experiment, start_time=run.start_time).head.uid
    operations.log_batch(
        actor,
        project,
        run.uid,
        metrics=[{"key": key, "value": value, "timestamp": 1} for key, value in run.metrics.items()],
        params=[{"key": key, "value": value} for key, value in run.params.items()],
        tags=[{"key": key, "value": value} for key, value in run.tags.items()],
    )
    operations.update_run(actor, project, run.uid, status=run.status, end_time=run.end_time)


def matches(run, comparison):
    kind, key, operator, text = comparison
    value = getattr(run, key) if kind == "attributes" else getattr(run, kind).get(key)
    if operator.startswith("IS"):
        return (value is None) == (operator == "IS NULL")
    if value is None:
        return False
    if operator.endswith("LIKE"):
        return like(value, literal(text), re.IGNORECASE if operator == "ILIKE" else 0)
    wanted = literal(text) if text.startswith("'") else float(text)
    return {
        "=": operators.eq,
        "!=": operators.ne,
        "<": operators.lt,
        "<=": operators.le,
        ">": operators.gt,
        ">=": operators.ge,
    }[operator](value, wanted)


def literal(text):
    return text[1:-1].replace("''", "'")


def like(value, pattern, flags):
    parts = (".*" if character == "%" else "." if character == "_" else re.escape(character) for character in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL | flags) is not None


def rank(run, name, descending):
    """What comes first, second and last by one term; a stable sort keeps what is equal as it was."""
    family, _, key = name.partition(".")
    value = getattr(run, family).get(key) if key else getattr(run, name)
    if value is None:
        return 2, 0
    if isinstance(value, float) and math.isnan(value):
        return 1, 0
    return 0, Backwards(value) if descending else value


@dataclass(frozen=True)
class Backwards:
    """A value that sorts the other way round."""

    value: Any

    def __lt__(self, other):
        return other.value < self.value
