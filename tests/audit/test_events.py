"""Events as stored: canonical bytes, chains that can be recomputed, private values apart."""

import hashlib
import json

import pytest
from hypothesis import given, strategies as st

from accounts.operations import create_user, update_project
from accounts.principals import CONSOLE
from audit.canonical import EMPTY_HEAD, NotCanonical, canonical_bytes, commitment, leaf_hash, next_head
from audit.event_types import EventType
from audit.models import AuditEvent, AuditPrivate

simple = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda children: st.lists(children) | st.dictionaries(st.text("abcXYZ_0", max_size=5), children),
    max_leaves=10,
)


def test_the_chain_of_an_object_can_be_recomputed_from_its_events(maintainer, project):
    for name in ("One", "Two", "Three"):
        update_project(maintainer, project, name=name)

    project.refresh_from_db()
    head = EMPTY_HEAD
    events = AuditEvent.objects.filter(object_type="project", object_id=str(project.pk), object_seq__isnull=False)
    for seq, event in enumerate(events.order_by("object_seq"), start=1):
        body = bytes(event.body)
        assert json.loads(body)["object"]["seq"] == event.object_seq == seq
        assert json.loads(body)["object"]["prev"] == event.prev == head
        assert event.leaf == hashlib.sha256(b"\x00" + body).hexdigest()
        head = hashlib.sha256(bytes.fromhex(head) + bytes.fromhex(event.leaf)).hexdigest()
    assert (project.audit_seq, project.audit_head) == (seq, head)


def test_the_columns_of_an_event_repeat_its_body(maintainer, project):
    update_project(maintainer, project, name="One")

    event = AuditEvent.objects.latest("id")
    body = json.loads(bytes(event.body))
    assert body["id"] == str(event.uid)
    assert body["action"] == event.action
    assert body["actor"] == {"id": maintainer.uid, "kind": "human", "auth": "session", "token": ""}
    assert body["before"] == {"name": "Default"}
    assert body["after"] == {"name": "One"}
    assert body["project"] == event.project_id == project.pk


def test_a_body_holds_no_names_of_persons_and_no_secrets(db):
    create_user(CONSOLE, "grace.hopper", password="a very long password", email="grace@example.org")

    for event in AuditEvent.objects.all():
        for private in (b"grace", b"a very long password", b"example.org"):
            assert private not in bytes(event.body)
            assert private.decode() not in event.object_label


def test_a_reason_is_kept_apart_and_the_body_commits_to_it(admin, project, contributor):
    from accounts.models import RoleBinding
    from accounts.operations import revoke_role

    binding = RoleBinding.objects.get(user=contributor.user)
    revoke_role(admin, binding, reason="Left the company.")

    event = AuditEvent.objects.get(action="role_binding.revoked")
    kept = AuditPrivate.objects.get(event=event).values["reason"]
    assert kept["value"] == "Left the company."
    assert b"Left the company" not in bytes(event.body)
    expected = commitment(bytes.fromhex(kept["salt"]), "reason", kept["value"])
    assert json.loads(bytes(event.body))["private"]["reason"] == expected


@given(simple)
def test_canonical_bytes_are_one_form_for_one_value(value):
    once = canonical_bytes(value)

    assert canonical_bytes(json.loads(once)) == once
    assert b"\n" not in once


@pytest.mark.parametrize("value", [1.5, 2**53, {"ключ": 1}, {1: 2}, float("nan"), object()])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical_bytes(value)


def test_hashes_are_those_of_rfc_6962():
    # The leaf hash of the empty input, RFC 6962 section 2.1.
    assert leaf_hash(b"") == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    second = hashlib.sha256(bytes(32) + hashlib.sha256(b"\0").digest())
    assert next_head(EMPTY_HEAD, leaf_hash(b"")) == second.hexdigest()


def test_event_types_are_named_noun_verbed():
    from django.apps import apps

    from audit.models import Audited

    nouns = {model.audit_type for model in apps.get_models() if issubclass(model, Audited)}
    for event_type in EventType:
        noun, _, verb = event_type.partition(".")
        assert noun in nouns | {"operation"}, event_type
        assert verb.replace("_", "").isalpha()
