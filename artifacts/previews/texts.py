"""Text as it is, with its longest lines and its end cut off."""

import base64
from dataclasses import dataclass
from typing import Final

from artifacts.previews.shapes import CannotShow, cut

_MOST_LINES: Final = 1_000
_LONGEST_LINE: Final = 2_000
#: More broken characters than one in so many: it is no text.
_BROKEN_ONE_IN: Final = 20


@dataclass(frozen=True, slots=True)
class Text:
    """Lines of a text; ``is_cut`` when there is more of it than this."""

    lines: list[str]
    is_cut: bool

    def __str__(self) -> str:
        return "\n".join(self.lines)


def read_text(name: str, data: bytes, whole: bool) -> Text:
    """The lines of a text. Raises CannotShow for what is none."""
    lines = decode(data, whole=whole).splitlines()
    shown = [cut(line, _LONGEST_LINE) for line in lines[:_MOST_LINES]]
    return Text(shown, not whole or len(lines) > _MOST_LINES)


def read_markdown(name: str, data: bytes, whole: bool) -> Text:
    """The source of a Markdown text."""
    return Text([decode(data, whole=whole)], not whole)


def read_svg(name: str, data: bytes, whole: bool) -> str:
    """A picture as a data URI, which a browser shows without running what is in it."""
    if b"<svg" not in data:
        raise CannotShow("This is not an SVG picture, so it is shown as text.")
    return f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"


def decode(data: bytes, *, whole: bool = True) -> str:
    """Bytes as text; what is not UTF-8 is marked. Raises CannotShow for what is no text at all."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        raise CannotShow("This is not a text.")
    text = data.decode("utf-8-sig", errors="replace")
    if not whole:
        # The last character may have been cut in two.
        text = text.rstrip("\ufffd")
    if text.count("\ufffd") * _BROKEN_ONE_IN > len(text):
        raise CannotShow("This is not a text.")
    return text
