"""What somebody asked to see, and which scopes a hidden segment of theirs lies in."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.principals import Principal
from audit.exceptions import NotFound
from lineage.engine import graph_for
from lineage.models import AccessQuestion, AccessRequest, Node
from lineage.queries.asked import Walk
from lineage.queries.looking import alone, look, starts_of
from lineage.queries.walking import reach


@dataclass(frozen=True, slots=True)
class AskedView:
    """What the asker is told of a request: whether it was answered, and nothing of whom it reached."""

    id: str
    segment: str
    reason: str
    at: int
    state: str


def scopes_behind(principal: Principal, asked: Walk, segment: str) -> tuple[Node, list[int]]:
    """A start of the walk that showed a segment, and the scopes that the segment hides. Raises NotFound."""
    graph = look(principal)
    starts = starts_of(graph, asked.start)
    edges = graph.edges_among(reach(graph, starts, asked))
    found = next((each for each in edges.segments if each.token == segment), None)
    if found is None:
        raise NotFound("This walk shows you no such segment: take its id from an answer to the same question.")
    house = graph_for(None, version=graph.version)
    scopes = sorted(set(house.shown_scopes(alone(house, found.members.tolist())).tolist()))
    node = Node.objects.select_related("scope__project").get(pk=starts[0])
    return node, scopes


def requests_of(principal: Principal) -> list[AskedView]:
    """What the principal asked to see, the newest first; two queries."""
    rows = list(AccessRequest.objects.filter(asker=principal.user).order_by("-pk")[:200])
    waiting = AccessQuestion.objects.filter(request__in=rows).open().values_list("request_id", flat=True)
    return views_of_requests(rows, set(waiting))


def views_of_requests(rows: Sequence[AccessRequest], waiting: set[int]) -> list[AskedView]:
    """Requests as their asker sees them."""
    return [
        AskedView(row.uid, row.segment, row.reason, row.at, "open" if row.pk in waiting else "answered") for row in rows
    ]
