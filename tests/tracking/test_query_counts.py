"""How many statements a read or write takes does not depend on how much there is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.principals import Principal
from tracking import operations
from tracking.queries import (
    get_experiment_by_name,
    get_logged_model,
    get_metric_history,
    get_run,
    search_experiments,
    search_logged_models,
    search_runs,
)

pytestmark = pytest.mark.django_db
TRANSACTION = ("BEGIN", "SAVEPOINT", "RELEASE")


def statements(function):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        function()
    return len([query for query in captured if not query["sql"].startswith(TRANSACTION)])


@pytest.fixture
def fresh(contributor):
    """The contributor as on a new request, who has to read their grants again."""
    return lambda: Principal(contributor.user, auth="session")


@pytest.fixture
def crowd(contributor, project, experiment, make_run):
    """120 runs, some with datasets and models; 120 experiments; 120 logged models."""
    for number in range(120):
        run = make_run(f"run-{number}", start_time=number, metrics={"acc": number % 7}, params={"lr": str(number % 3)})
        operations.create_experiment(
            contributor, project, name=f"experiment-{number}", tags=[{"key": "a", "value": "b"}]
        )
        model = operations.create_logged_model(
            contributor,
            project,
            experiment_id=str(experiment.pk),
            params=[{"key": "a", "value": "b"}],
            tags=[{"key": "a", "value": "b"}],
        )
        dataset = {"name": f"d{number % 4}", "digest": "x", "source_type": "local", "source": "{}"}
        operations.log_inputs(
            contributor,
            project,
            run,
            datasets=[{"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "train"}]}],
            models=[{"model_id": model.uid}],
        )
        operations.log_outputs(contributor, project, run, models=[{"model_id": model.uid}])
    return experiment


@pytest.mark.parametrize(
    ("most", "read"),
    [
        (6, lambda actor, project, ids, size: search_runs(actor, project, experiment_ids=ids, max_results=size)),
        (
            7,
            lambda actor, project, ids, size: search_runs(
                actor,
                project,
                experiment_ids=ids,
                filter_string="params.lr != '9' AND metrics.acc < 9 AND dataset.name LIKE 'd%'",
                order_by=["metrics.acc DESC"],
                max_results=size,
            ),
        ),
        (3, lambda actor, project, ids, size: search_experiments(actor, project, max_results=size)),
        (
            6,
            lambda actor, project, ids, size: search_logged_models(
                actor, project, experiment_ids=ids, max_results=size
            ),
        ),
    ],
    ids=["runs", "filtered runs", "experiments", "logged models"],
)
def test_a_page_of_ten_costs_as_many_statements_as_a_page_of_a_hundred(fresh, project, crowd, most, read):
    ids = [str(crowd.pk)]

    assert len(read(fresh(), project, ids, 100).rows) == 100
    ten, hundred = (statements(lambda size=size: read(fresh(), project, ids, size)) for size in (10, 100))
    assert ten == hundred <= most


def test_one_object_costs_few_statements(fresh, project, crowd, make_run):
    run = search_runs(fresh(), project, experiment_ids=[str(crowd.pk)], max_results=1).rows[0]
    model_id = run.model_outputs[0]["model_id"]
    plain = make_run("plain", metrics={"a": 1}, params={"a": "1"})

    assert statements(lambda: get_run(fresh(), project, plain)) == 3
    assert statements(lambda: get_run(fresh(), project, run.head.uid)) == 5
    assert statements(lambda: get_metric_history(fresh(), project, plain, "a")) == 3
    assert statements(lambda: get_experiment_by_name(fresh(), project, "experiment-7")) == 3
    assert statements(lambda: get_logged_model(fresh(), project, model_id)) == 5


def test_a_batch_of_a_thousand_costs_as_many_statements_as_one_of_ten(fresh, project, make_run):
    run = make_run("ann")

    def log(count):
        metrics = [{"key": f"m{number % 10}", "value": number, "timestamp": number} for number in range(count)]
        params = [{"key": f"p{count}.{number}", "value": "x"} for number in range(count // 20)]
        tags = [{"key": f"t{count}.{number}", "value": "x"} for number in range(count // 20)]
        return statements(
            lambda: operations.log_batch(fresh(), project, run, metrics=metrics, params=params, tags=tags)
        )

    assert log(40) == log(900) <= 8


def test_deleting_an_experiment_costs_the_same_however_many_runs_it_has(fresh, project, experiment, make_run):
    def delete_and_restore():
        operations.delete_experiment(fresh(), project, str(experiment.pk))
        operations.restore_experiment(fresh(), project, str(experiment.pk))

    make_run("first")
    few = statements(delete_and_restore)
    for number in range(30):
        make_run(f"run-{number}")

    assert statements(delete_and_restore) == few
