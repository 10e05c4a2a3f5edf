"""What a search costs does not grow with the number of runs: the same page of 1 000 and of 20 000 runs.

The cost is counted and not timed: instructions of SQLite's virtual machine, pages of PostgreSQL's buffers.
"""

from contextlib import contextmanager

import pytest
from django.db import connection

from accounts.principals import Principal
from audit import guard
from tracking import operations
from tracking.queries import RunView, search_runs

pytestmark = pytest.mark.django_db
FEW, MANY = 1_000, 20_000

RUNS = """
INSERT INTO tracking_run (
    audit_seq, audit_head, uid, name, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id,
    owner_id
)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
SELECT 0, '', {experiment} || 'x' || i, 'run-' || i, 'FINISHED', i, i, 'active', '', {experiment}, {owner} FROM n
"""
METRICS = """
INSERT INTO tracking_latestmetric (run_id, experiment_id, key, value, is_nan, step, timestamp)
SELECT id, experiment_id, 'acc', ((start_time * 7919) % {count}) * 1.0 / {count}, {false}, 0, 0 FROM tracking_run
WHERE experiment_id = {experiment}
"""
PARAMS = """
INSERT INTO tracking_param (run_id, experiment_id, key, value)
SELECT id, experiment_id, 'lr', CASE start_time % 4 WHEN 0 THEN '0.1' WHEN 1 THEN '0.03' ELSE '0.01' END
FROM tracking_run WHERE experiment_id = {experiment}
UNION ALL SELECT id, experiment_id, 'seed', CAST(start_time AS text) FROM tracking_run
WHERE experiment_id = {experiment}
"""
TAGS = """
INSERT INTO tracking_runtag (run_id, experiment_id, key, value)
SELECT id, experiment_id, 'mlflow.runName', name FROM tracking_run WHERE experiment_id = {experiment}
"""

SEARCHES = {
    "the newest": ("", []),
    "the oldest": ("", ["start_time"]),
    "the best": ("", ["metrics.acc DESC"]),
    "the best of a kind": ("metrics.acc > 0.9 AND params.lr = '0.01'", ["metrics.acc DESC"]),
    "the worst above a bound": ("metrics.acc > 0.9", ["metrics.acc ASC"]),
    "the newest above a bound": ("metrics.acc > 0.5", []),
    "by a frequent param": ("params.lr = '0.01'", []),
    "by a rare param": ("params.seed = '77'", []),
    "by a rare param in another order": ("params.seed = '77'", ["metrics.acc DESC", "run_name"]),
    "by a param nobody has": ("params.seed = 'x'", ["end_time"]),
    "by name": ("run_name = 'run-77'", []),
    "by the tag of the name": ("tags.mlflow.runName = 'run-77'", ["metrics.acc"]),
    "in the order of a param": ("", ["params.seed"]),
    "in the order of a metric nobody has": ("", ["metrics.nobody"]),
}


@pytest.fixture
def crowds(contributor, project):
    """Two experiments, one with few runs and one with many; made past the operations, which would take minutes."""
    experiments = []
    for count in (FEW, MANY):
        pk = operations.create_experiment(contributor, project, name=f"{count} runs").pk
        names = {"count": count, "experiment": pk, "owner": contributor.user.pk, "false": "FALSE"}
        with guard.lifted(), connection.cursor() as cursor:
            for statement in (RUNS, METRICS, PARAMS, TAGS):
                cursor.execute(statement.format(**names))
        experiments.append(str(pk))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return experiments


@contextmanager
def counted():
    """Within, what the database does is added up; yields a list whose first item is the sum."""
    cost = [0]
    if connection.vendor == "sqlite":
        connection.ensure_connection()

        def tick():
            cost[0] += 100

        connection.connection.set_progress_handler(tick, 100)
        yield cost
        connection.connection.set_progress_handler(None, 100)
        return

    def explain(execute, sql, params, many, context):
        cursor = context["cursor"].cursor
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0][0]["Plan"]
        cost[0] += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield cost


def search(principal, project, experiments, filter_string, order_by, **arguments):
    return search_runs(
        principal,
        project,
        experiment_ids=experiments,
        filter_string=filter_string,
        order_by=order_by,
        max_results=20,
        **arguments,
    )


def test_a_page_of_many_runs_costs_no_more_than_twice_a_page_of_few(contributor, project, crowds):
    costs = {}
    for name, asked in SEARCHES.items():
        for view in RunView:
            of_these = []
            for experiment in crowds:
                principal = Principal(contributor.user, auth="session")
                with counted() as cost:
                    search(principal, project, [experiment], *asked, view=view)
                of_these.append(cost[0])
            costs[name, view] = of_these

    # A tree of more rows has a level more, whatever is read of it.
    grown = {name: (few, many) for name, (few, many) in costs.items() if many > 2 * few + 1_000}
    assert grown == {}


@pytest.mark.parametrize(
    ("order", "middle"),
    [([], "start_time <= 9000"), (["start_time"], "start_time >= 9000"), (["metrics.acc DESC"], "metrics.acc < 0.5")],
)
def test_a_late_page_costs_no_more_than_twice_the_second(contributor, project, crowds, order, middle):
    many = crowds[1:]
    second = search(contributor, project, many, "", order).next_page_token
    far = search(contributor, project, many, middle, order).next_page_token
    with counted() as early:
        search(contributor, project, many, "", order, page_token=second)
    with counted() as late:
        page = search(contributor, project, many, "", order, page_token=far)

    assert len(page.rows) == 20
    assert late[0] <= 2 * early[0]


def test_a_page_of_several_experiments_costs_what_a_page_of_each_does(contributor, project, crowds):
    for asked in (("", []), ("metrics.acc > 0.9 AND params.lr = '0.01'", ["metrics.acc DESC"])):
        singles = 0
        for experiment in crowds:
            with counted() as cost:
                search(contributor, project, [experiment], *asked)
            singles += cost[0]
        with counted() as cost:
            search(contributor, project, crowds, *asked)

        assert cost[0] <= 2 * singles
