"""What must hold in a database after any fault; prints a line for each violation. Run as a program beside the server.

DATA_DIR=… python -m tests.faults.invariants
"""

import hashlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator

import django

EMPTY = "0" * 64


def violations() -> Iterator[str]:
    """Every violation, as a sentence."""
    yield from _chains()
    yield from _stages()
    yield from _files()


def _chains() -> Iterator[str]:
    """Every audited object has exactly its events, and its head is the head of their chain."""
    from django.apps import apps

    from audit.models import Audited, AuditEvent, AuditEventSubject

    leaves: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for event in AuditEvent.objects.iterator():
        body = bytes(event.body)
        if hashlib.sha256(b"\x00" + body).hexdigest() != event.leaf:
            yield f"event {event.uid}: its body does not have its leaf"
        if event.object_seq is not None:
            leaves[event.object_type, event.object_id][event.object_seq] = event.leaf
            if json.loads(body)["object"]["seq"] != event.object_seq:
                yield f"event {event.uid}: its place is not the one in its body"
    for subject in AuditEventSubject.objects.select_related("event"):
        leaves[subject.object_type, subject.object_id][subject.object_seq] = subject.event.leaf
    for model in apps.get_models():
        if issubclass(model, Audited):
            for obj in model._base_manager.all():
                yield from _chain(obj, leaves[obj.audit_type, obj.audit_id])


def _chain(obj, leaves: dict[int, str]) -> Iterator[str]:
    name = f"{obj.audit_type} {obj.audit_id}"
    if sorted(leaves) != list(range(1, obj.audit_seq + 1)):
        yield f"{name}: {obj.audit_seq} events counted, {len(leaves)} found"
        return
    if not leaves:
        yield f"{name}: it exists and no event says so"
    head = EMPTY
    for seq in sorted(leaves):
        head = hashlib.sha256(bytes.fromhex(head) + bytes.fromhex(leaves[seq])).hexdigest()
    if head != obj.audit_head:
        yield f"{name}: its head is not the head of its events"


def _stages() -> Iterator[str]:
    """Stages, their open intervals and the mirror aliases say the same; at most one version is in Production."""
    from registry.models import AliasInterval, ModelVersion, StageInterval

    open_stays = {stay.version_id: stay for stay in StageInterval.objects.filter(until=None)}
    in_production = defaultdict(list)
    for version in ModelVersion.objects.all():
        stay = open_stays.get(version.pk)
        if stay is None or stay.stage != version.stage or stay.since != version.stage_since:
            yield f"version {version.pk}: in {version.stage}, its open stay says {stay and stay.stage}"
        if version.stage == "Production":
            in_production[version.model_id].append(version.pk)
    mirrors = dict(AliasInterval.objects.filter(until=None, key="production").values_list("model_id", "version_id"))
    for model_id, versions in in_production.items():
        if len(versions) > 1:
            yield f"model {model_id}: {len(versions)} versions in Production"
        if mirrors.get(model_id) not in versions:
            yield f"model {model_id}: the alias production is not its version in Production"
    for model_id in mirrors.keys() - in_production.keys():
        yield f"model {model_id}: the alias production stands for nothing in Production"


def _files() -> Iterator[str]:
    """Every ready file has its bytes."""
    from artifacts.models import ArtifactFile, FileState
    from artifacts.stores import get_store
    from artifacts.stores.base import Missing

    store = get_store()
    for file in ArtifactFile.objects.filter(state=FileState.READY):
        try:
            size = store.size(file.storage_key, file.store_version)
        except Missing:
            yield f"file {file.pk}: its bytes are not there"
            continue
        if size != file.size:
            yield f"file {file.pk}: {size} bytes of {file.size}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    found = list(violations())
    print("\n".join(found))
    sys.exit(1 if found else 0)
