"""Lineage as text from which other programs draw: DOT for Graphviz, and Mermaid for Markdown."""

from collections.abc import Iterator
from typing import Final

from lineage.exports.gathering import Lineage

_DOT_SHAPES: Final = {
    "run": "box", "pipeline_run": "box", "dataset": "folder", "dataset_version": "cylinder", "model_version": "octagon",
    "model": "doubleoctagon", "deployment": "house", "code": "note", "image": "component", "evaluation": "diamond",
}  # fmt: skip
_MERMAID_SHAPES: Final = {
    "run": ("[", "]"), "pipeline_run": ("[", "]"), "dataset": ("[(", ")]"), "dataset_version": ("[(", ")]"),
    "model_version": ("{{", "}}"), "model": ("{{", "}}"), "deployment": ("([", "])"), "evaluation": ("{", "}"),
}  # fmt: skip


def write_dot(lineage: Lineage) -> Iterator[str]:
    """A digraph from left to right."""
    yield 'digraph lineage {\n  rankdir=LR;\n  node [fontname="sans-serif", fontsize=10];\n'
    starts = set(lineage.keys)
    for node in lineage.nodes():
        shape = _DOT_SHAPES.get(node.kind, "ellipse")
        style = ", penwidth=2" if node.key in starts else ""
        style += ", color=red" if node.recalled else ""
        label = _dot(f"{node.kind.replace('_', ' ')}\n{node.label}")
        yield f"  {_dot(node.key)} [label={label}, shape={shape}{style}];\n"
    for edge in lineage.edges():
        style = ", style=dashed" if edge.basis == "inferred" else ""
        yield f"  {_dot(edge.src)} -> {_dot(edge.dst)} [label={_dot(edge.role or edge.kind)}{style}];\n"
    for segment in lineage.segments:
        name = _dot(f"hidden:{segment.id}")
        yield f'  {name} [label="hidden", shape=box, style=dotted];\n'
        yield from (f"  {_dot(key)} -> {name} [style=dotted];\n" for key in segment.sources)
        yield from (f"  {name} -> {_dot(key)} [style=dotted];\n" for key in segment.targets)
    yield "}\n"


def write_mermaid(lineage: Lineage) -> Iterator[str]:
    """A flow chart from left to right."""
    yield "flowchart LR\n"
    names: dict[str, str] = {}
    for number, node in enumerate(lineage.nodes()):
        names[node.key] = f"n{number}"
        opening, closing = _MERMAID_SHAPES.get(node.kind, ("[/", "/]"))
        label = _mermaid(f"{node.kind.replace('_', ' ')}: {node.label}")
        yield f"  n{number}{opening}{label}{closing}\n"
    for edge in lineage.edges():
        arrow = "-.->" if edge.basis == "inferred" else "-->"
        yield f"  {names[edge.src]} {arrow}|{_mermaid(edge.role or edge.kind)}| {names[edge.dst]}\n"
    for number, segment in enumerate(lineage.segments):
        yield f'  h{number}["hidden"]\n'
        yield from (f"  {names[key]} -.-> h{number}\n" for key in segment.sources)
        yield from (f"  h{number} -.-> {names[key]}\n" for key in segment.targets)


def _dot(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n")
    return f'"{escaped}"'


def _mermaid(text: str) -> str:
    """A quoted text; what Mermaid or a page would take for its own is written as entities."""
    return '"' + "".join(each if each.isalnum() or each in " ._-/:@" else f"#{ord(each)};" for each in text) + '"'
