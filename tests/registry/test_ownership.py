"""Handing a model over to somebody else."""

import pytest

from accounts.operations import deactivate_user
from audit.exceptions import PermissionDenied
from registry.exceptions import InvalidOwner
from registry.models import RegisteredModel
from registry.operations import transfer_ownership
from tests.native_api import call

PATH = "/registered-models/default/fraud/transfer"


def test_a_model_is_handed_over_and_recorded(maintainer, contributor, approver, model, last_event):
    transfer_ownership(maintainer, model, approver.user, reason="leaves the team")

    assert RegisteredModel.objects.get().owner == approver.user
    event = last_event(model)
    assert event["action"] == "registered_model.owner_changed"
    assert (event["before"], event["after"]) == ({"owner": contributor.uid}, {"owner": approver.uid})


def test_the_owner_alone_cannot_hand_it_over(contributor, viewer, model, denied):
    with pytest.raises(PermissionDenied):
        transfer_ownership(contributor, model, viewer.user)

    assert denied() == [(contributor.uid, "transfer_ownership")]


def test_nobody_owns_what_they_cannot_see(maintainer, outsider, model):
    with pytest.raises(InvalidOwner, match="outsider cannot see the model fraud"):
        transfer_ownership(maintainer, model, outsider.user)


def test_nobody_owns_who_is_deactivated(admin, maintainer, viewer, model):
    deactivate_user(admin, viewer.user)
    viewer.user.refresh_from_db()

    with pytest.raises(InvalidOwner):
        transfer_ownership(maintainer, model, viewer.user)


def test_handing_it_to_its_owner_changes_nothing(maintainer, contributor, model, last_event):
    transfer_ownership(maintainer, model, contributor.user)

    assert last_event(model)["action"] == "registered_model.created"


def test_the_api_hands_a_model_over(client_of, maintainer, viewer, outsider, model):
    client = client_of(maintainer)

    assert call(client, "post", PATH, {"owner": "viewer"})["owner"] == "viewer"
    assert "owner" in call(client, "post", PATH, {"owner": "outsider"}, status=400)["fields"]
    call(client, "post", PATH, {"owner": "nobody-here"}, status=404)
