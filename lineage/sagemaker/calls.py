"""The calls: what SageMaker's API says of each, answered from the graph as the caller sees it.

The limits of the original are taken for defaults: more depth and larger pages may be asked for.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.core import signing

from accounts.principals import Principal
from audit.exceptions import Hidden, InvalidInput
from lineage.engine import BadVersion, Graph, NodeFilter, Reached, graph_for
from lineage.engine.arrays import Bools
from lineage.queries.answers import NodeView
from lineage.queries.asked import NODE_NAMES
from lineage.queries.rows import node_views
from lineage.sagemaker.names import ASSOCIATIONS, arn_of, entity_of, keys_of, kinds_of, type_of
from lineage.vocabulary import EdgeKind

_DIRECTIONS: Final = {"Ascendants": "up", "Descendants": "down", "Both": "both"}
_DEPTH: Final = 10
_PAGE: Final = 50
_LARGEST_PAGE: Final = 1_000
_SALT: Final = "lineage.sagemaker"
_MOST_STARTS: Final = 1_000

Asked = Mapping[str, Any]
Answer = dict[str, Any]


def query_lineage(principal: Principal, asked: Asked) -> Answer:
    """All that is upstream or downstream of some entities, page by page."""
    offset, version = _place(asked)
    graph = _graph(principal, version)
    starts = _starts(graph, principal, _list(asked, "StartArns"))
    direction = _DIRECTIONS.get(str(asked.get("Direction", "Both")))
    if direction is None:
        raise InvalidInput(f"Direction must be one of {', '.join(_DIRECTIONS)}.")
    depth = _whole(asked, "MaxDepth", _DEPTH, 1_000_000)
    where = _filter(asked.get("Filters"))
    everything = graph.reach(starts, direction, depth=depth, where=where).ordered()  # type: ignore[arg-type]
    end = offset + _whole(asked, "MaxResults", _PAGE, _LARGEST_PAGE)
    views = node_views(graph, everything.where(_part(offset, end)))
    answer: Answer = {"Vertices": [_vertex(view) for view in views], "Edges": []}
    if asked.get("IncludeEdges", True):
        answer["Edges"] = _edges(graph, everything, offset, end)
    if end < everything.total:
        answer["NextToken"] = signing.dumps([graph.version, end], salt=_SALT, compress=True)
    return answer


def list_associations(principal: Principal, asked: Asked) -> Answer:
    """The edges into or out of one entity."""
    names = {name: asked[name] for name in ("SourceArn", "DestinationArn") if asked.get(name)}
    if not names:
        raise InvalidInput("Give SourceArn or DestinationArn.")
    offset, version = _place(asked)
    graph = _graph(principal, version)
    keys = {name: _start_key(graph, principal, arn) for name, arn in names.items()}
    ids = dict(zip(keys, graph.starts(list(keys.values())), strict=True))
    direction = "down" if "SourceArn" in ids else "up"
    near = graph.reach([next(iter(ids.values()))], direction, depth=1, structural=True)  # type: ignore[arg-type]
    found = graph.edges_among(near)
    chosen: Bools = np.ones(len(found), bool)
    for name, ends in (("SourceArn", found.src), ("DestinationArn", found.dst)):
        if name in ids:
            chosen &= ends == ids[name]
    views = dict(zip(near.ids.tolist(), node_views(graph, near), strict=True))
    rows = list(zip(found.src[chosen].tolist(), found.dst[chosen].tolist(), found.kind[chosen].tolist(), strict=True))
    wanted = asked.get("AssociationType")
    rows = [row for row in rows if not wanted or ASSOCIATIONS[EdgeKind(row[2])] == wanted]
    end = offset + _whole(asked, "MaxResults", _PAGE, _LARGEST_PAGE)
    answer: Answer = {
        "AssociationSummaries": [_summary(views[src], views[dst], kind) for src, dst, kind in rows[offset:end]]
    }
    if end < len(rows):
        answer["NextToken"] = signing.dumps([graph.version, end], salt=_SALT, compress=True)
    return answer


def describe_artifact(principal: Principal, asked: Asked) -> Answer:
    """What is known of one artifact."""
    view = _one(principal, asked, "ArtifactArn", "Artifact")
    digest = [{"SourceIdType": "Custom", "Value": view.digest}] if view.digest else []
    return {
        "ArtifactArn": arn_of(view.key, view.kind),
        "ArtifactName": view.label,
        "ArtifactType": type_of(view.kind),
        "Source": {"SourceUri": view.key, "SourceTypes": digest},
        **_common(view),
    }


def describe_context(principal: Principal, asked: Asked) -> Answer:
    """What is known of a group of models or a deployment."""
    view = _one(principal, asked, "ContextName", "Context")
    return {
        "ContextArn": arn_of(view.key, view.kind),
        "ContextName": view.label,
        "ContextType": type_of(view.kind),
        "Source": {"SourceUri": view.key},
        **_common(view),
    }


def describe_trial_component(principal: Principal, asked: Asked) -> Answer:
    """What is known of a run."""
    view = _one(principal, asked, "TrialComponentName", "TrialComponent")
    return {
        "TrialComponentArn": arn_of(view.key, view.kind),
        "TrialComponentName": view.label,
        "DisplayName": view.label,
        "Source": {"SourceArn": view.key, "SourceType": type_of(view.kind)},
        "StartTime": view.at / 1000,
        "CreationTime": view.at / 1000,
    }


CALLS: Final[Mapping[str, Callable[[Principal, Asked], Answer]]] = {
    "QueryLineage": query_lineage,
    "ListAssociations": list_associations,
    "DescribeArtifact": describe_artifact,
    "DescribeContext": describe_context,
    "DescribeTrialComponent": describe_trial_component,
}


def _graph(principal: Principal, version: str | None) -> Graph:
    try:
        return graph_for(principal, version=version)
    except BadVersion as error:
        raise InvalidInput("This NextToken is none of this server's.") from error


def _place(asked: Asked) -> tuple[int, str | None]:
    """Where the page begins, and at which version of the graph."""
    if not (token := asked.get("NextToken")):
        return 0, None
    try:
        version, offset = signing.loads(str(token), salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidInput("This NextToken is none of this server's.") from error
    return int(offset), str(version)


def _starts(graph: Graph, principal: Principal, names: list[str]) -> list[int]:
    if not 1 <= len(names) <= _MOST_STARTS:
        raise InvalidInput(f"Give 1 to {_MOST_STARTS} StartArns.")
    found = keys_of(graph, principal, names)
    if missing := [name for name in names if name not in found]:
        raise _nothing(missing[0])
    return graph.starts(list(found.values()))


def _start_key(graph: Graph, principal: Principal, name: Any) -> str:
    found = keys_of(graph, principal, [str(name)])
    if str(name) not in found:
        raise _nothing(str(name))
    return found[str(name)]


def _nothing(name: str) -> Hidden:
    return Hidden(f"There is no entity {name[:200]}, or you may not see it.")


def _one(principal: Principal, asked: Asked, name: str, entity: str) -> NodeView:
    said = asked.get(name)
    if not isinstance(said, str) or not said:
        raise InvalidInput(f"Give {name}.")
    graph = graph_for(principal)
    ids = _starts(graph, principal, [said])
    [view] = node_views(graph, graph.reach(ids, "up", depth=0))
    if entity_of(view.kind) != entity:
        raise _nothing(said)
    return view


def _filter(said: Any) -> NodeFilter | None:
    if said is None:
        return None
    if not isinstance(said, dict):
        raise InvalidInput("Filters must be an object.")
    entities, types = _list(said, "LineageTypes"), _list(said, "Types")
    if _unknown := set(said) - {"LineageTypes", "Types", "CreatedBefore", "CreatedAfter"}:
        raise InvalidInput(f"The filter {min(_unknown)} is not served here.")
    if not said:
        return None
    return NodeFilter(
        kinds=kinds_of(entities, types) or frozenset({-1}),
        created_from=_moment(said.get("CreatedAfter")),
        created_to=_moment(said.get("CreatedBefore")),
    )


def _moment(said: Any) -> int | None:
    """Seconds since 1970, or a date as text, in milliseconds."""
    if said is None:
        return None
    try:
        return (
            int(float(said) * 1000)
            if isinstance(said, int | float)
            else int(datetime.fromisoformat(said).timestamp() * 1000)
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput("A time is given in seconds since 1970.") from error


def _list(asked: Asked, name: str) -> list[str]:
    said = asked.get(name) or []
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise InvalidInput(f"{name} must be a list of texts.")
    return said


def _whole(asked: Asked, name: str, default: int, most: int) -> int:
    said = asked.get(name, default)
    if not isinstance(said, int) or isinstance(said, bool) or said < (0 if name == "MaxDepth" else 1):
        raise InvalidInput(f"{name} must be a whole number.")
    return min(said, most)


def _part(begin: int, end: int) -> Any:
    return slice(begin, end)


def _vertex(view: NodeView) -> Answer:
    return {"Arn": arn_of(view.key, view.kind), "Type": type_of(view.kind), "LineageType": entity_of(view.kind)}


def _edges(graph: Graph, everything: Reached, offset: int, end: int) -> list[Answer]:
    """The edges of a page: to nodes of it or of those before it, so that all pages together have each edge once."""
    so_far = everything.where(_part(0, end))
    found = graph.edges_among(so_far, within=everything)
    page = everything.ids[offset:end]
    chosen = np.isin(found.src, page) | np.isin(found.dst, page)
    arns = _arns(graph, {*found.src[chosen].tolist(), *found.dst[chosen].tolist()})
    rows = zip(found.src[chosen].tolist(), found.dst[chosen].tolist(), found.kind[chosen].tolist(), strict=True)
    return [
        {"SourceArn": arns[src], "DestinationArn": arns[dst], "AssociationType": ASSOCIATIONS[EdgeKind(kind)]}
        for src, dst, kind in rows
    ]


def _arns(graph: Graph, ids: set[int]) -> dict[int, str]:
    return {node.pk: arn_of(node.key, NODE_NAMES[node.kind]) for node in graph.nodes(sorted(ids))}


def _summary(source: NodeView, target: NodeView, kind: int) -> Answer:
    return {
        "SourceArn": arn_of(source.key, source.kind),
        "DestinationArn": arn_of(target.key, target.kind),
        "SourceType": type_of(source.kind),
        "DestinationType": type_of(target.kind),
        "AssociationType": ASSOCIATIONS[EdgeKind(kind)],
        "SourceName": source.label[:120],
        "DestinationName": target.label[:120],
    }


def _common(view: NodeView) -> Answer:
    properties = {str(name)[:256]: str(value)[:256] for name, value in view.properties.items()}
    properties |= {"stagekeeper:key": view.key, "stagekeeper:pinned": str(view.pinned).lower()}
    return {"Properties": properties, "CreationTime": view.at / 1000}
