"""What runs is in the graph, below the version it came from, until it stops; and keeps what it was made of."""

import pytest

from accounts.principals import Principal
from deployments.operations import report_state
from lineage import keys, kinds
from lineage.models import Mark, Node
from lineage.vocabulary import MarkKind
from registry import reliance
from tests.deployments.steps import run
from tests.lineage.graph import edges_to
from tracking.exceptions import StillNeeded
from tracking.operations import delete_run


def key_of(deployment):
    return keys.deployment(deployment.environment_id, deployment.target, deployment.pk)


def test_what_runs_came_from_its_version(deployer, deployment, version):
    assert not Node.objects.filter(key=key_of(deployment)).exists()
    run(deployer, deployment)

    assert edges_to(key_of(deployment)) == {(keys.model_version(version.model_id, 1), "deployed", "")}
    assert Node.objects.get(key=key_of(deployment)).scope.object_id == version.model_id
    assert not Mark.objects.exists()


def test_what_stopped_is_marked(deployer, deployment):
    run(deployer, deployment)
    report_state(deployer, deployment, state="stopped")

    mark = Mark.objects.get()
    assert (mark.kind, mark.node.key, mark.actor_id) == (MarkKind.ENDED, key_of(deployment), deployer.user_id)


def test_what_never_ran_is_not_in_the_graph(deployer, deployment):
    report_state(deployer, deployment, state="failed")

    assert not Node.objects.filter(key__startswith="dep:").exists()
    assert not Mark.objects.exists()


def test_it_is_described_and_found(deployer, deployment, viewer, outsider):
    run(deployer, deployment)
    viewer, key = Principal(viewer.user, auth="session"), key_of(deployment)

    described = kinds.describe(viewer, [key, "dep:1/x/999", "dep:nonsense"])
    assert list(described) == [key]
    assert described[key].details["live"] is True
    assert described[key].url == f"/deployments/{deployment.pk}"
    names = [f"deployment={deployment.pk}", "deployment=x"]
    assert kinds.resolve(viewer, names) == {names[0]: key}
    assert kinds.describe(outsider, [key]) == kinds.resolve(outsider, names) == {}


def test_it_keeps_what_it_was_made_of(deployer, deployment, contributor, project, version):
    run(deployer, deployment)

    assert reliance._reasons
    with pytest.raises(StillNeeded):
        delete_run(contributor, project, version.run_uid)
