"""The formats in which lineage is told to others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lineage.engine import Direction
from lineage.exports import cyclonedx, ndjson, openlineage, pictures, prov, slsa, tables
from lineage.exports.gathering import Lineage


@dataclass(frozen=True, slots=True)
class Format:
    """How lineage is written. ``structural`` says whether what only belongs together is told too."""

    title: str
    media_type: str
    ending: str
    write: Callable[[Lineage], Iterator[str]]
    structural: bool = False
    direction: Direction = "both"


_JSON: Final = "application/json"
_LINES: Final = "application/x-ndjson"
FORMATS: Final[Mapping[str, Format]] = {
    "ndjson": Format("NDJSON (our own)", _LINES, "ndjson", ndjson.write, structural=True),
    "prov": Format("PROV-JSON", _JSON, "prov.json", prov.write, structural=True),
    "openlineage": Format("OpenLineage events", _LINES, "openlineage.ndjson", openlineage.write, structural=True),
    "cyclonedx": Format(
        "CycloneDX ML-BOM", "application/vnd.cyclonedx+json", "cdx.json", cyclonedx.write, direction="up"
    ),
    "slsa": Format(
        "in-toto SLSA provenance", "application/vnd.in-toto+json", "intoto.json", slsa.write, direction="up"
    ),
    "csv": Format("Nodes (CSV)", "text/csv; charset=utf-8", "csv", tables.write_nodes),
    "csv-edges": Format("Edges (CSV)", "text/csv; charset=utf-8", "edges.csv", tables.write_edges),
    "dot": Format("Graphviz (DOT)", "text/vnd.graphviz; charset=utf-8", "dot", pictures.write_dot),
    "mermaid": Format("Mermaid", "text/plain; charset=utf-8", "mmd", pictures.write_mermaid),
}
