"""What was stored before the graph was there is told to it afterwards, as if it had been there."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from lineage.models import Edge, Node
from registry import operations
from tests.lineage.graph import whole_graph
from tests.tracking.conftest import pairs
from tracking import operations as tracking

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def estate(contributor, project, experiment, model):
    """A bit of everything that leaves something in the graph."""

    def run(**tags):
        given = pairs({key.replace("__", "."): value for key, value in tags.items()})
        return tracking.create_run(
            contributor, project, experiment_id=str(experiment.pk), start_time=5, tags=given
        ).head.uid

    def inputs(uid, context, *models, **described):
        dataset = {"name": "d", "digest": "d1", "source_type": "s3", "source": '{"uri": "s3://b/x"}', **described}
        tagged = {"dataset": dataset, "tags": pairs({"mlflow.data.context": context})}
        tracking.log_inputs(
            contributor, project, uid, datasets=[tagged], models=[{"model_id": each} for each in models]
        )

    def logged(uid, **tags):
        return tracking.create_logged_model(
            contributor, project, experiment_id=str(experiment.pk), source_run_id=uid, tags=pairs(tags)
        ).uid

    parent = run(mlflow__source__git__commit="c" * 40, stagekeeper__seed__python_hash="1")
    inputs(parent, "output")
    child = run(mlflow__parentRunId=parent, stagekeeper__base_model="org/bert", mlflow__docker__image__uri="a:1")
    inputs(child, "train")
    inputs(child, "test", name="e", source=json.dumps({"uri": f"runs:/{parent}/x.csv"}), source_type="runs")
    base = logged(child)
    tune = run(stagekeeper__base_model=f"models:/{base}")
    inputs(tune, "validation", base, digest="")
    tuned = logged(None, **{"stagekeeper.base_model": f"models:/{base}"})
    tracking.log_outputs(contributor, project, tune, models=[{"model_id": tuned}])
    point = {"key": "auc", "value": 1, "timestamp": 1, "model_id": base}
    tracking.log_metric(contributor, project, tune, metric=point)
    tracking.log_metric(contributor, project, child, metric={**point, "dataset_name": "d", "dataset_digest": "d1"})
    flavors = {"transformers": {"source_model_name": "org/gpt"}}
    tracking.log_model_history(contributor, project, tune, model=json.dumps({"flavors": flavors}))
    operations.create_model_version(contributor, model, f"runs:/{child}/m", run_uid=child)
    operations.create_model_version(contributor, model, f"models:/{tuned}", logged_model_uid=tuned)
    operations.create_model_version(contributor, model, "models:/fraud/2", tags={"stagekeeper.base_model": "a/b"})
    operations.create_model_version(contributor, model, "s3://b/m", run_uid="f" * 32)
    tracking.create_run(
        contributor, project, experiment_id="0", start_time=5, tags=pairs({"mlflow.parentRunId": parent})
    )


def forget():
    """Empty the graph, as no part of the product can."""
    with connection.cursor() as cursor:
        names = [f"lineage_{name}" for name in ("share", "edge", "node", "scope")]
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            for name in names:
                cursor.execute(f"DELETE FROM {name}")
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        kept = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'lineage_%%'"
        cursor.execute(kept, [])
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        for name in names:
            cursor.execute(f"DELETE FROM {name}")
        for _, sql in triggers:
            cursor.execute(sql)


@pytest.mark.parametrize("size", [1, 2, 500])
def test_the_graph_is_what_it_would_have_been(estate, size):
    live = whole_graph()
    forget()
    assert not Node.objects.exists()
    assert not Edge.objects.exists()

    call_command("capture_lineage", size=size, stdout=StringIO())
    assert sorted(map(str, whole_graph() ^ live)) == []
    call_command("capture_lineage", size=size, stdout=StringIO())
    assert sorted(map(str, whole_graph() ^ live)) == []


def test_it_tells_how_far_it_is_and_goes_on_from_there(estate):
    said = StringIO()
    call_command("capture_lineage", size=2, stdout=said)
    lines = said.getvalue().splitlines()

    assert [line for line in lines if line.startswith("All ")][:3] == [
        "All runs are told.",
        "All logged-models are told.",
        "All versions are told.",
    ]
    again = StringIO()
    call_command("capture_lineage", after=[lines[lines.index("All runs are told.") - 1]], stdout=again)
    assert again.getvalue().splitlines()[0] == "All runs are told."


def test_a_number_of_nothing_is_refused(db):
    with pytest.raises(CommandError, match="none of runs=NUMBER"):
        call_command("capture_lineage", after=["walks=7"])
