"""JSON as a tree that can be folded."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from artifacts.previews.shapes import CannotShow, cut
from artifacts.previews.texts import decode

_MOST_NODES: Final = 2_000
_DEEPEST: Final = 24
_LONGEST_TEXT: Final = 500


@dataclass(slots=True)
class Node:
    """A value: ``text`` is what to show of it, ``children`` what is in it, ``hidden`` how much of that is left out."""

    key: str
    kind: str
    text: str
    children: list["Node"] = field(default_factory=list)
    hidden: int = 0


def read_tree(name: str, data: bytes, whole: bool) -> Node:
    """The tree of a JSON document. Raises CannotShow for what is none."""
    try:
        value = json.loads(decode(data))
    except (ValueError, RecursionError):
        raise CannotShow("This is not valid JSON, so it is shown as text.") from None
    return tree_of(value)


def tree_of(value: Any) -> Node:
    """The tree of what JSON or YAML held, as far as it is not too big."""
    return _Builder().node("", value, 0)


class _Builder:
    def __init__(self) -> None:
        self.left = _MOST_NODES

    def node(self, key: str, value: Any, depth: int) -> Node:
        self.left -= 1
        if isinstance(value, dict):
            node = Node(key, "object", _counted(len(value), "key"))
            items: Any = value.items()
        elif isinstance(value, list):
            node = Node(key, "array", _counted(len(value), "item"))
            items = enumerate(value)
        else:
            return Node(key, *_leaf(value))
        if depth == _DEEPEST:
            node.hidden = len(value)
            return node
        for number, (name, item) in enumerate(items):
            if self.left <= 0:
                node.hidden = len(value) - number
                break
            node.children.append(self.node(cut(str(name), _LONGEST_TEXT), item, depth + 1))
        return node


def _leaf(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return "string", cut(value, _LONGEST_TEXT)
    if value is None or isinstance(value, bool):
        return "word", json.dumps(value)
    return "number", cut(str(value), _LONGEST_TEXT)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
