"""Adding facts to the graph, within the operation that makes them true.

A thing that is known already adds nothing but, when it is seen from another scope, a share of it. A constant number of
statements however many facts.
"""

import time
from collections.abc import Iterable, Mapping, Sequence

from audit.operation import check_within_operation
from lineage.facts import Flow, Place, Thing
from lineage.keys import hash_of
from lineage.models import Edge, IngestEvent, Node, Scope, Share

_MS = 1_000_000


def record_facts(
    place: Place, things: Iterable[Thing], flows: Iterable[Flow] = (), *, event: IngestEvent | None = None
) -> dict[str, int]:
    """Add what is new of ``things``, seen in ``place``, and of ``flows``; return the numbers of the nodes by key.

    The ends of a flow are among ``things`` or known already: a flow to what nobody knows is a KeyError. Runs within the
    caller's operation or bulk write, and vanishes with it.
    """
    check_within_operation()
    now = time.time_ns() // _MS
    wanted = {thing.key: thing for thing in things}
    flows = list(dict.fromkeys(flows))
    scope_id = scope_of(place)
    ends = {key for flow in flows for key in (flow.src, flow.dst)}
    known = _known(wanted.keys() | ends)
    new = [thing for key, thing in wanted.items() if key not in known]
    if new:
        _add_nodes(new, scope_id, now)
        known |= _known(thing.key for thing in new)
    seen_elsewhere = [pk for key in wanted for pk, scope in [known[key]] if scope != scope_id]
    if seen_elsewhere:
        Share.objects.bulk_create(
            [Share(node_id=pk, scope_id=scope_id, recorded_at=now) for pk in seen_elsewhere], ignore_conflicts=True
        )
    if flows:
        _add_edges(flows, known, event, now)
    return {key: known[key][0] for key in wanted}


def scope_of(place: Place) -> int:
    """The number of a scope, given to it when it is first seen."""
    values = {"project_id": place.project_id, "kind": place.kind, "object_id": place.object_id}
    if (pk := Scope.objects.filter(**values).values_list("pk", flat=True).first()) is not None:
        return pk
    Scope.objects.bulk_create([Scope(**values)], ignore_conflicts=True)
    return Scope.objects.values_list("pk", flat=True).get(**values)


def _known(keys: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The number and scope of the nodes that are there, by key."""
    rows = Node.objects.with_keys(keys).values_list("key", "pk", "scope_id")
    return {key: (pk, scope_id) for key, pk, scope_id in rows}


def _add_nodes(things: Sequence[Thing], scope_id: int, now: int) -> None:
    Node.objects.bulk_create(
        [
            Node(
                kind=thing.kind,
                key=thing.key,
                key_hash=hash_of(thing.key),
                scope_id=scope_id,
                label=thing.short_label,
                created_at=thing.at or now,
                recorded_at=now,
                digest=thing.digest,
                pinned=thing.pinned,
                props=thing.props,
            )
            for thing in things
        ],
        ignore_conflicts=True,  # another transaction may have been first
    )


def _add_edges(
    flows: Sequence[Flow], known: Mapping[str, tuple[int, int]], event: IngestEvent | None, now: int
) -> None:
    Edge.objects.bulk_create(
        [
            Edge(
                src_id=known[flow.src][0],
                dst_id=known[flow.dst][0],
                kind=flow.kind,
                role=flow.role,
                basis=flow.basis,
                at=flow.at or now,
                recorded_at=now,
                event=event,
            )
            for flow in flows
        ],
        ignore_conflicts=True,
    )
