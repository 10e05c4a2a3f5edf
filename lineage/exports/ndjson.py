"""Our own format: one JSON object a line, so that any size can be read and written in little memory.

The first line says what follows; then all nodes, all edges, what is hidden, and a last line with the counts, without
which the file was cut short.
"""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from lineage.exchange.portable import portable, server_id
from lineage.exports.gathering import Lineage

FORMAT: Final = "stagekeeper-lineage"
VERSION: Final = 1


def write(lineage: Lineage) -> Iterator[str]:
    """The lines."""
    yield _line(
        format=FORMAT,
        version=VERSION,
        server=server_id(),
        starts=[portable(key) for key in lineage.keys],
        direction=lineage.direction,
        graph_version=lineage.graph.version,
    )
    nodes = edges = 0
    for node in lineage.nodes():
        nodes += 1
        yield _line(
            node=portable(node.key),
            kind=node.kind,
            label=node.label,
            at=node.at,
            digest=node.digest,
            properties=node.properties,
        )
    for edge in lineage.edges():
        edges += 1
        ends = [portable(edge.src), portable(edge.dst)]
        yield _line(edge=ends, kind=edge.kind, role=edge.role, basis=edge.basis, at=edge.at)
    segments = lineage.segments
    for segment in segments:
        sources, targets = ([portable(key) for key in ends] for ends in (segment.sources, segment.targets))
        yield _line(hidden=segment.id, sources=sources, targets=targets)
    yield _line(end=True, nodes=nodes, edges=edges, hidden_segments=len(segments))


def _line(**members: Any) -> str:
    return orjson.dumps(members, default=str, option=orjson.OPT_NON_STR_KEYS).decode() + "\n"
