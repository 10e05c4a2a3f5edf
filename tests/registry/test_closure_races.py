"""A deletion and a step into a live stage at the same time: one of them wins, and never both."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.models import User
from accounts.principals import Principal
from audit.exceptions import Refusal
from registry import operations
from registry.models import ModelVersion
from registry.rules import Stage
from tests.tracking.conftest import pairs
from tracking import operations as tracking
from tracking.models import Run

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def dataset(number, context):
    source = json.dumps({"uri": f"s3://b/{number}"})
    described = {"name": "d", "digest": "d1", "source_type": "s3", "source": source}
    return [{"dataset": described, "tags": pairs({"mlflow.data.context": context})}]


def both_at_once(actor, *functions):
    """Run functions in threads that begin together; the refusals among their outcomes."""
    start = threading.Barrier(len(functions))

    def one(function):
        try:
            anew = Principal(User.objects.get(pk=actor.user.pk), auth="session")
            start.wait(20)
            function(anew)
        except Refusal as refusal:
            return refusal
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(len(functions)) as pool:
        return [refusal for refusal in pool.map(one, functions) if refusal is not None]


@pytest.mark.parametrize("what", ["run", "runs", "experiment"])
def test_of_a_deletion_and_a_promotion_one_wins(contributor, project, model, what):
    for number in range(ROUNDS):
        experiment = str(tracking.create_experiment(contributor, project, name=f"data {number}").pk)
        prepared = tracking.create_run(contributor, project, experiment_id=experiment).head.uid
        trained = tracking.create_run(contributor, project, experiment_id="0").head.uid
        tracking.log_inputs(contributor, project, prepared, datasets=dataset(number, "output"))
        tracking.log_inputs(contributor, project, trained, datasets=dataset(number, "train"))
        version = operations.create_model_version(contributor, model, f"runs:/{trained}/m", run_uid=trained)
        delete = {
            "run": lambda actor, uid=prepared: tracking.delete_run(actor, project, uid),
            "runs": lambda actor, uids=(prepared, trained): tracking.delete_runs(actor, project, uids),
            "experiment": lambda actor, pk=experiment: tracking.delete_experiment(actor, project, pk),
        }[what]

        refused = both_at_once(
            contributor,
            delete,
            lambda actor, version=version: operations.transition_stage(actor, version, Stage.STAGING),
        )

        is_live = ModelVersion.objects.get(pk=version.pk).stage == Stage.STAGING
        run = Run.objects.select_related("experiment").get(uid=prepared)
        assert len(refused) == 1
        assert is_live == run.is_active
