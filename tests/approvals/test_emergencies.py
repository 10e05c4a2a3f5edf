"""Breaking the glass reads files before it holds anything, and notices when they changed meanwhile."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from accounts.roles import Role
from approvals import emergency, promotion
from approvals.checks import look_after_requests
from approvals.exceptions import GatesBlock
from approvals.gates import EVALUATORS
from approvals.gates.base import passed
from approvals.models import PromotionRequest, RequestState
from approvals.operations import break_glass
from approvals.queries import unratified
from artifacts.operations import space_of, store_file
from artifacts.streaming import Incoming
from artifacts.uris import OwnerKind
from audit import guard, triggers
from audit.exceptions import Conflict, PermissionDenied
from audit.models import AuditEvent
from deployments.operations import create_environment
from deployments.queries import wish_of
from registry import operations
from registry.models import ModelVersion
from registry.rules import Stage
from tests.approvals.scene import age_roles
from tracking import operations as tracking
from tracking.queries import find_space_owner

REASON = "Payments are stopped for everybody since noon."
SAID = {"reason": REASON, "incident": "INC-7"}


@pytest.fixture
def responder(cast):
    return cast("responder", Role.INCIDENT_RESPONDER)


@pytest.fixture
def put(contributor, project):
    """Stores a file of the run."""

    def store(run, content):
        space = space_of(contributor, find_space_owner(project, OwnerKind.RUN, run.uid))
        store_file(contributor, space, "model/MLmodel", Incoming(BytesIO(content).read, length=len(content)))

    return store


@pytest.fixture
def run(contributor, project, settings, tmp_path):
    settings.ARTIFACT_ROOT = str(tmp_path)
    experiment = tracking.create_experiment(contributor, project, name="training")
    return tracking.create_run(contributor, project, experiment_id=str(experiment.pk)).head


@pytest.fixture
def stored(contributor, model, run, put, set_policy):
    """Version 1, whose only file is kept here; its policy asks for integrity."""
    put(run, b"flavors: {}")
    set_policy(break_glass="true", approvals=1, gates="[{type: integrity, hard: true}]")
    return operations.create_model_version(contributor, model, f"runs:/{run.uid}/model", run_uid=run.uid)


def test_files_are_read_before_any_row_is_held(stored, responder, monkeypatch):
    said = passed("The store has every file as it was sent.")
    monkeypatch.setattr(emergency, "evaluate_in", lambda context, gate: said)
    monkeypatch.setitem(EVALUATORS, "integrity", _never)

    request = promotion.break_glass(responder, stored, Stage.PRODUCTION, **SAID)

    assert request.state == RequestState.EXECUTED


def _never(*given):
    raise AssertionError("files were read while rows were held")


def test_files_that_changed_meanwhile_stop_it(stored, run, put, responder):
    findings = emergency.look(stored, Stage.PRODUCTION)
    put(run, b"flavors: {sklearn: {}}")

    with pytest.raises(Conflict, match="changed while the files were read: try again"):
        break_glass(responder, stored, Stage.PRODUCTION, findings=findings, **SAID)
    assert not PromotionRequest.objects.exists()


def test_damaged_files_block_even_an_emergency(stored, responder, tmp_path):
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.read_bytes() == b"flavors: {}":
            path.write_bytes(b"flavors: []")

    with pytest.raises(GatesBlock, match="Log these files again"):
        promotion.break_glass(responder, stored, Stage.PRODUCTION, **SAID)


def test_whoever_may_not_is_refused_and_recorded_and_reads_nothing(stored, contributor, monkeypatch):
    monkeypatch.setattr(emergency, "evaluate_in", _never)
    age_roles()

    with pytest.raises(PermissionDenied):
        promotion.break_glass(contributor, stored, Stage.PRODUCTION, **SAID)
    assert AuditEvent.objects.filter(outcome="denied").exists()
    assert ModelVersion.objects.get(pk=stored.pk).stage == Stage.NONE


@pytest.fixture
def overdue(set_policy, responder, version):
    """Version 1 came to Production in an emergency that nobody ratified in time."""
    set_policy(break_glass="true", approvals=1)
    age_roles()
    request = promotion.break_glass(responder, version, Stage.PRODUCTION, **SAID)
    with guard.lifted(), triggers.disabled():
        PromotionRequest.objects.filter(pk=request.pk).update(ratify_by=timezone.now() - timedelta(hours=1))
    return request


def test_an_overdue_emergency_stands_against_deploying_its_own_version_only(overdue, maintainer, contributor, project):
    place = create_environment(maintainer, project, "prod", kind="production", required_stage="None")
    version = ModelVersion.objects.select_related("model__project").get(pk=overdue.version_id)
    other = operations.create_model_version(contributor, overdue.model, "s3://bucket/better")

    assert [wish_of(each, place).overdue for each in (version, other)] == [True, False]


def test_an_overdue_emergency_is_over_when_its_version_left(overdue, maintainer):
    assert unratified(overdue.model) == overdue
    operations.transition_stage(maintainer, overdue.version, Stage.ARCHIVED)

    look_after_requests()

    assert unratified(overdue.model) is None
    assert not AuditEvent.objects.filter(action__startswith="promotion_request.ratification_").exists()
