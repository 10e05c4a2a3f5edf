"""Tags of models and versions."""

import hashlib

import pytest

from audit.exceptions import PermissionDenied
from audit.models import AuditEvent
from registry.exceptions import InvalidName, ModelNotFound, PromptIsFixed, VersionNotFound
from registry.operations import (
    delete_model_tag,
    delete_model_version,
    delete_registered_model,
    delete_version_tag,
    set_model_tag,
    set_version_tag,
)


@pytest.fixture(params=["model", "version"])
def tagged(request, model, version):
    """A model, and then a version, with the operations that set and delete its tags."""
    if request.param == "model":
        return model, set_model_tag, delete_model_tag
    return version, set_version_tag, delete_version_tag


def test_a_tag_is_set_changed_and_deleted(contributor, tagged):
    owner, set_tag, delete_tag = tagged

    set_tag(contributor, owner, "team", "risk")
    set_tag(contributor, owner, "team", "fraud")
    assert list(owner.tags.values_list("key", "value")) == [("team", "fraud")]

    delete_tag(contributor, owner, "team")
    assert not owner.tags.exists()


def test_the_log_keeps_the_key_and_only_the_digest_of_the_value(contributor, tagged, last_event):
    owner, set_tag, delete_tag = tagged

    set_tag(contributor, owner, "team", "risk")

    event = last_event(owner)
    assert event["action"].endswith(".tag_set")
    assert event["after"] == {"key": "team", "value_sha256": hashlib.sha256(b"risk").hexdigest()}
    delete_tag(contributor, owner, "team")
    assert last_event(owner)["action"].endswith(".tag_deleted")


def test_what_changes_nothing_is_not_recorded(contributor, tagged):
    owner, set_tag, delete_tag = tagged
    set_tag(contributor, owner, "team", "risk")
    before = AuditEvent.objects.count()

    set_tag(contributor, owner, "team", "risk")
    delete_tag(contributor, owner, "missing")

    assert AuditEvent.objects.count() == before


def test_a_viewer_cannot_touch_tags(viewer, contributor, tagged):
    owner, set_tag, delete_tag = tagged
    set_tag(contributor, owner, "team", "risk")

    with pytest.raises(PermissionDenied):
        set_tag(viewer, owner, "team", "mine")
    with pytest.raises(PermissionDenied):
        delete_tag(viewer, owner, "team")

    assert list(owner.tags.values_list("key", "value")) == [("team", "risk")]


def test_a_bad_key_is_refused(contributor, tagged):
    owner, set_tag, _ = tagged

    with pytest.raises(InvalidName):
        set_tag(contributor, owner, "a/../b", "value")


def test_what_lies_in_the_trash_takes_no_tags(contributor, model, version):
    delete_model_version(contributor, version)
    with pytest.raises(VersionNotFound):
        set_version_tag(contributor, version, "team", "risk")

    delete_registered_model(contributor, model)
    with pytest.raises(ModelNotFound):
        set_model_tag(contributor, model, "team", "risk")


@pytest.mark.parametrize("value", ["true", "false"])
def test_nothing_becomes_a_prompt_afterwards(contributor, tagged, value):
    owner, set_tag, _ = tagged

    with pytest.raises(PromptIsFixed):
        set_tag(contributor, owner, "mlflow.prompt.is_prompt", value)
