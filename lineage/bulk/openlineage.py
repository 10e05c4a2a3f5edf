"""Taking events in: each once, with all that it says or nothing."""

import hashlib
import time
from collections.abc import Mapping
from typing import Any, Final

import orjson
from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.operation import bulk_write, require
from lineage import keys
from lineage.exchange.admission import admit
from lineage.facts import Flow, Place
from lineage.models import Edge, IngestEvent, Node
from lineage.openlineage.facts import Facts, facts_of, run_key
from lineage.openlineage.parsing import Event, Run, read_event
from lineage.recording import record_facts
from lineage.vocabulary import UNPINNED, Basis, EdgeKind

SOURCE: Final = "openlineage"


@bulk_write
def ingest_event(actor: Principal, project: Project, sent: Any) -> bool:
    """Record what an OpenLineage event says, seen in a project; False when the same event was there before.

    Raises InvalidInput and TooLarge for what is no event, NotFound for a run that somebody else recorded.
    """
    require(Action.WRITE, project)
    said = keys.all_bare(sent)
    event = read_event(said)
    row, is_new = _keep(actor, project, sent, said)
    if not is_new:
        return False
    runs = _run_keys(actor, event.run)
    facts = facts_of(event, runs=runs, started=_start_of(event, runs))
    if facts.unpinned:
        _guess_versions(facts, project)
    admitted = admit(actor, facts.things.values(), facts.flows)
    record_facts(Place(project.pk), admitted, facts.flows, event=row)
    return True


def _keep(actor: Principal, project: Project, sent: Any, said: Any) -> tuple[IngestEvent, bool]:
    """The row of an event, kept as ``said`` without credentials, and whether it is the first time that it was sent."""
    digest = hashlib.sha256(orjson.dumps(sent, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return IngestEvent.objects.get_or_create(
        project=project,
        source=SOURCE,
        payload_sha256=digest,
        defaults={"received_at": time.time_ns() // 1_000_000, "actor": actor.user, "payload": said},
    )


def _run_keys(actor: Principal, run: Run | None) -> dict[str, str]:
    """The keys of the runs that an event names; a run of this server where the id is that of one they may write to."""
    ids = {run_id for run_id in (run.id, run.parent, run.root) if run_id} if run else set()
    here = {keys.run(run_id.replace("-", "")): run_id for run_id in ids}
    found = {run_id: run_key(run_id) for run_id in ids}
    for node in Node.objects.with_keys(here).select_related("scope") if here else ():
        if actor.may(Action.WRITE, node):
            found[here[node.key]] = node.key
    return found


def _start_of(event: Event, runs: Mapping[str, str]) -> Event | None:
    """What was said first of the run, if it was said before."""
    if event.run is None or event.type == "START":
        return None
    firsts = Edge.objects.filter(dst__key_hash=keys.hash_of(runs[event.run.id]), kind=EdgeKind.HAS_VERSION)
    said = firsts.filter(event__source=SOURCE).values_list("event__payload", flat=True).first()
    found = read_event(keys.all_bare(said)) if said else None
    # Of a parent, it was perhaps a child that spoke first.
    return found if found is not None and found.run is not None and found.run.id == event.run.id else None


def _guess_versions(facts: Facts, project: Project) -> None:
    """Say of what was read without a version which one had been there last when the run began, as a guess."""
    last = Subquery(_versions_until(project, facts.since).values("dst__key")[:1])
    nodes = Node.objects.with_keys(facts.unpinned).annotate(last=last)
    for dataset, version in nodes.exclude(last=None).values_list("key", "last"):
        flow = Flow(version, facts.unpinned[dataset], EdgeKind.DERIVED, basis=Basis.INFERRED, at=facts.since)
        facts.flows.setdefault(flow, None)


def _versions_until(project: Project, at: int) -> QuerySet[Edge]:
    """The versions of a dataset that the project knew, the newest first."""
    here = Q(dst__scope__project=project) | Q(dst__shares__scope__project=project)
    versions = Edge.objects.filter(here, src=OuterRef("pk"), kind=EdgeKind.HAS_VERSION, dst__created_at__lte=at)
    return versions.exclude(dst__key__contains=f"@{UNPINNED}:").order_by("-dst__created_at", "-dst_id")
