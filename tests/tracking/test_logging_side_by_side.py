"""Several writers log to the same run at once: nobody waits for ever, nothing is lost, params stay what they were."""

import threading

import pytest
from django.db import connection

from accounts.principals import Principal
from tracking import operations
from tracking.exceptions import ParamChanged
from tracking.models import Metric
from tracking.queries import get_run

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, BATCHES = 4, 5


def side_by_side(*functions):
    """Call all functions at the same moment, each in its own thread; return what they raised."""
    start, raised = threading.Barrier(len(functions)), []

    def call(function):
        try:
            start.wait()
            function()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_batches_with_the_same_keys_in_any_order_all_arrive(contributor, project, make_run):
    run = make_run("ann")
    keys = [f"m{number}" for number in range(20)]

    def log(writer):
        actor = Principal(contributor.user, auth="session")
        for batch in range(BATCHES):
            step = batch * WRITERS + writer
            ordered = keys if writer % 2 else keys[::-1]
            operations.log_batch(
                actor,
                project,
                run,
                metrics=[{"key": key, "value": step, "timestamp": step, "step": step} for key in ordered],
                params=[{"key": key, "value": "same"} for key in ordered],
                tags=[{"key": key, "value": str(writer)} for key in ordered],
            )

    raised = side_by_side(*(lambda writer=writer: log(writer) for writer in range(WRITERS)))

    assert raised == []
    row = get_run(contributor, project, run)
    assert {metric["step"] for metric in row.metrics} == {WRITERS * BATCHES - 1}
    assert Metric.objects.count() == WRITERS * BATCHES * len(keys)
    assert len(row.params) == len(keys)


def test_of_two_values_of_a_param_one_wins_and_the_other_is_refused(contributor, project, make_run):
    run = make_run("ann")

    def log(value):
        actor = Principal(contributor.user, auth="session")
        operations.log_param(actor, project, run, key="lr", value=value)

    raised = side_by_side(*(lambda value=str(number): log(value) for number in range(WRITERS)))

    assert len(raised) == WRITERS - 1
    assert {type(error) for error in raised} == {ParamChanged}
    assert len(get_run(contributor, project, run).params) == 1


def test_of_experiments_with_one_name_one_is_made(contributor, project):
    def make():
        operations.create_experiment(Principal(contributor.user, auth="session"), project, name="churn")

    raised = side_by_side(*[make] * WRITERS)

    assert [type(error).__name__ for error in raised] == ["AlreadyExists"] * (WRITERS - 1)
