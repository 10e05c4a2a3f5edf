"""Taking in what somebody brings from another system: all of it or nothing, once."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from lineage.exchange.admission import admit
from lineage.facts import Flow, Place, Thing
from lineage.keys import all_bare, bare, bare_key
from lineage.models import IngestEvent
from lineage.recording import record_facts

#: Reads what was sent.
Reader = Callable[[Any], tuple[Sequence[Thing], Sequence[Flow]]]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import said; not what of it was new here, which would tell of what is hidden."""

    is_new: bool
    things: int = 0
    flows: int = 0


@operation
def import_lineage(
    actor: Principal, project: Project, source: str, sent: Any, read: Reader, *, keep: bool = True
) -> Imported:
    """Add what a file from another system says to the graph; the same file again adds nothing.

    ``read`` turns what was sent into facts; ``keep`` says whether what was sent is kept beside its digest. Raises
    InvalidInput for what cannot be read, and NotFound for what the actor may not speak of.
    """
    require(Action.WRITE, project)
    things, flows = read(sent)
    things = [_bare(thing) for thing in things]
    flows = [replace(flow, src=bare_key(flow.src), dst=bare_key(flow.dst)) for flow in flows]
    row, is_new = _keep(actor, project, source, sent, whole=keep)
    if not is_new:
        return Imported(is_new=False)
    record_facts(Place(project.pk), admit(actor, things, flows), flows, event=row)
    project = Project.objects.locked(project.pk)
    after = {"source": source, "sha256": row.payload_sha256, "nodes": len(things), "edges": len(flows)}
    record(EventType.PROJECT_LINEAGE_IMPORTED, project, after=after)
    return Imported(True, len(things), len(flows))


def _bare(thing: Thing) -> Thing:
    return replace(thing, key=bare_key(thing.key), label=bare(thing.label), props=all_bare(thing.props))


def _keep(actor: Principal, project: Project, source: str, sent: Any, *, whole: bool) -> tuple[IngestEvent, bool]:
    said = orjson.dumps(sent, option=orjson.OPT_SORT_KEYS)
    return IngestEvent.objects.get_or_create(
        project=project,
        source=source,
        payload_sha256=hashlib.sha256(said).hexdigest(),
        defaults={
            "received_at": time.time_ns() // 1_000_000,
            "actor": actor.user,
            "payload": all_bare(sent) if whole else {"bytes": len(said)},
        },
    )
