"""A suspected version can be loaded, promoted and deployed by nobody, until somebody has looked into it."""

import pytest

from artifacts.models import ArtifactSpace
from artifacts.queries import open_file
from audit.exceptions import PermissionDenied
from audit.models import AuditEvent
from registry.exceptions import InvalidName, StageChangeNotAllowed
from registry.models import ModelVersion, Quarantine
from registry.operations import create_model_version, quarantine, release, roll_back, transition_stage
from registry.rules import Stage
from tests.native_api import call


@pytest.fixture
def stored(contributor, model, logged_model, upload):
    """A version whose files this house keeps."""
    upload(logged_model, "model.bin", "weights")
    return create_model_version(contributor, model, f"models:/{logged_model.uid}", logged_model_uid=logged_model.uid)


def read(actor, version):
    space = ArtifactSpace.objects.get(uid=version.space_uid)
    return b"".join(open_file(actor, space, "model.bin").chunks)


def test_nobody_but_investigators_can_load_it(stored, maintainer, approver, contributor):
    quarantine(maintainer, stored, reason="Trained on leaked labels?")

    with pytest.raises(PermissionDenied, match="fraud/1 is quarantined"):
        read(contributor, stored)
    assert read(approver, stored) == b"weights"


def test_it_cannot_be_promoted(stored, maintainer, contributor):
    quarantine(maintainer, stored, reason="Trained on leaked labels?")

    with pytest.raises(StageChangeNotAllowed, match="quarantined"):
        transition_stage(contributor, stored, Stage.STAGING)


def test_production_cannot_go_back_to_it(register, maintainer, contributor):
    old = register(Stage.PRODUCTION)
    register(Stage.PRODUCTION)
    quarantine(maintainer, old, reason="Trained on leaked labels?")

    with pytest.raises(StageChangeNotAllowed, match="quarantined"):
        roll_back(maintainer, old, reason="The new one fails.")


def test_an_approver_lets_it_go_and_says_what_was_found(stored, maintainer, approver, contributor):
    quarantine(maintainer, stored, reason="Trained on leaked labels?")
    release(approver, stored, finding="The labels were fine.")

    assert read(contributor, stored) == b"weights"
    assert Quarantine.objects.get().finding == "The labels were fine."
    actions = AuditEvent.objects.filter(object_type="model_version").values_list("action", flat=True)
    assert {"model_version.quarantined", "model_version.released"} <= set(actions)


def test_a_maintainer_cannot_let_it_go(stored, maintainer):
    quarantine(maintainer, stored, reason="Trained on leaked labels?")

    with pytest.raises(PermissionDenied):
        release(maintainer, stored, finding="I think it is fine.")


def test_a_viewer_cannot_quarantine(stored, viewer):
    with pytest.raises(PermissionDenied):
        quarantine(viewer, stored, reason="I do not like it.")


def test_it_needs_a_reason_and_a_finding(stored, maintainer, approver):
    with pytest.raises(InvalidName):
        quarantine(maintainer, stored, reason=" ")
    quarantine(maintainer, stored, reason="Trained on leaked labels?")
    with pytest.raises(InvalidName):
        release(approver, stored, finding=" ")


def test_quarantine_twice_is_once(stored, maintainer):
    quarantine(maintainer, stored, reason="Trained on leaked labels?")
    quarantine(maintainer, ModelVersion.objects.get(pk=stored.pk), reason="Still.")

    assert Quarantine.objects.count() == 1


def test_the_api_puts_away_and_people_let_go(stored, maintainer, approver, client_of, session_of):
    path = "/registered-models/default/fraud/versions/1"
    shown = call(client_of(maintainer), "post", f"{path}/quarantine", {"reason": "Trained on leaked labels?"})
    assert shown["stamps"] == ["quarantined"]

    call(client_of(approver), "post", f"{path}/release", {"finding": "Fine."}, status=403)
    call(session_of(approver), "post", f"{path}/release", {}, status=400)
    shown = call(session_of(approver), "post", f"{path}/release", {"finding": "The labels were fine."})

    assert (shown["stamps"], shown["quarantined_at"]) == ([], None)
    call(session_of(approver), "post", f"{path}/release", {"finding": "Again."}, status=409)
