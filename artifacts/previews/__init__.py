"""Turns the first bytes of a file into something that a page can show.

Nothing here opens a file, runs anything or trusts a name: whatever the bytes are, the answer is texts, numbers and
lists of limited size, which templates escape. What cannot be read as what its name
says is shown as text, or not at all.
"""

from collections.abc import Callable
from typing import Any, Final

from artifacts.previews.kinds import Kind, Plan, plan_for
from artifacts.previews.mlmodels import read_mlmodel
from artifacts.previews.notebooks import read_notebook
from artifacts.previews.shapes import CannotShow, Preview
from artifacts.previews.tables import read_table
from artifacts.previews.texts import read_markdown, read_svg, read_text
from artifacts.previews.trees import read_tree

__all__ = ["Kind", "Plan", "Preview", "plan_for", "preview_of"]

_READERS: Final[dict[Kind, Callable[[str, bytes, bool], Any]]] = {
    Kind.TEXT: read_text,
    Kind.HTML: read_text,
    Kind.MARKDOWN: read_markdown,
    Kind.TABLE: read_table,
    Kind.TREE: read_tree,
    Kind.NOTEBOOK: read_notebook,
    Kind.MLMODEL: read_mlmodel,
    Kind.SVG: read_svg,
}


def preview_of(name: str, plan: Plan, data: bytes, *, whole: bool) -> Preview:
    """What to show of a file: ``data`` is how it begins, or all of it when it is ``whole``."""
    read = _READERS.get(plan.kind)
    if read is None:
        return Preview(plan.kind, remark="It is too big to be shown here." if plan.kind == Kind.NOTHING else "")
    try:
        return Preview(plan.kind, read(name, data, whole), whole)
    except CannotShow as reason:
        return _as_text(name, data, whole, str(reason))


def _as_text(name: str, data: bytes, whole: bool, reason: str) -> Preview:
    try:
        return Preview(Kind.TEXT, read_text(name, data, whole), whole, reason)
    except CannotShow as binary:
        return Preview(Kind.NOTHING, None, whole, str(binary))
