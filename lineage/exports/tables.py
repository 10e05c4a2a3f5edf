"""Lineage as tables (CSV), for spreadsheets: all nodes, or all edges."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

from lineage.exports.gathering import Lineage
from lineage.exports.moments import iso

_NODES: Final = (
    "key", "kind", "label", "made_at", "depth", "pinned", "digest", "state", "recalled", "project", "stage", "owner",
    "url",
)  # fmt: skip
_EDGES: Final = ("from", "to", "kind", "role", "basis", "at")
#: What makes a spreadsheet take a text for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_nodes(lineage: Lineage) -> Iterator[str]:
    """One row a node, the nearest first."""
    yield _row(_NODES)
    for node in lineage.nodes():
        yield _row(
            (
                node.key, node.kind, node.label, iso(node.at), node.depth, node.pinned, node.digest, node.state,
                node.recalled, node.project, node.stage, node.owner, node.url,
            )
        )  # fmt: skip
    for segment in lineage.segments:
        yield _row((f"hidden:{segment.id}", "hidden", "something hidden", *[""] * (len(_NODES) - 3)))


def write_edges(lineage: Lineage) -> Iterator[str]:
    """One row an edge; what goes through something hidden too."""
    yield _row(_EDGES)
    for edge in lineage.edges():
        yield _row((edge.src, edge.dst, edge.kind, edge.role, edge.basis, iso(edge.at)))
    for segment in lineage.segments:
        for key in segment.sources:
            yield _row((key, f"hidden:{segment.id}", "", "", "", ""))
        for key in segment.targets:
            yield _row((f"hidden:{segment.id}", key, "", "", "", ""))


def _row(values: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_harmless(value) for value in values])
    return line.getvalue()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
