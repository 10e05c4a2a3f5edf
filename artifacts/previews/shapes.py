"""What a preview is."""

from dataclasses import dataclass
from typing import Any

from artifacts.previews.kinds import Kind


class CannotShow(Exception):
    """The bytes are not what the name promises, or too much of it; the message says why."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown of a file. ``content`` depends on the kind; ``remark`` says why it is not shown as its kind."""

    kind: Kind
    content: Any = None
    whole: bool = True
    remark: str = ""

    @property
    def template(self) -> str:
        """The template that shows it."""
        return f"artifacts/previews/_{self.kind}.html"


def cut(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis; half characters, which no answer can hold, are marked."""
    shown = text if len(text) <= most else f"{text[:most]}…"
    return shown.encode("utf-8", "replace").decode()
