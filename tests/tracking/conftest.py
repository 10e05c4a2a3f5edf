"""The scene of tracking's tests: an experiment of the contributor, and runs in it."""

import pytest

from tracking import operations


@pytest.fixture
def experiment(contributor, project):
    return operations.create_experiment(contributor, project, name="churn")


@pytest.fixture
def make_run(contributor, project, experiment):
    """Makes a run with what it is given: ``metrics``, ``params`` and ``tags`` as dictionaries."""

    def make(name=None, *, start_time=0, metrics=None, params=None, tags=None, experiment_id=None, **changes):
        run = operations.create_run(
            contributor,
            project,
            experiment_id=experiment_id or str(experiment.pk),
            name=name,
            start_time=start_time,
            tags=pairs(tags),
        )
        points = [{"key": key, "value": value, "timestamp": 0} for key, value in (metrics or {}).items()]
        operations.log_batch(contributor, project, run.head.uid, metrics=points, params=pairs(params))
        if changes:
            operations.update_run(contributor, project, run.head.uid, **changes)
        return run.head.uid

    return make


def pairs(items):
    return [{"key": key, "value": value} for key, value in (items or {}).items()]
