"""A Jupyter notebook: its cells with their outputs, as texts and pictures. Nothing in it is run."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from artifacts.previews.shapes import CannotShow, cut
from artifacts.previews.texts import decode

_MOST_CELLS: Final = 200
_MOST_OUTPUTS: Final = 20
_LONGEST_SOURCE: Final = 20_000
_LONGEST_OUTPUT: Final = 5_000
#: All texts and pictures of a notebook together, in characters: a page stays below a megabyte.
_MOST_TEXT: Final = 250_000
_MOST_PICTURES: Final = 500_000

_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PICTURES: Final = {
    "image/png": re.compile(r"iVBORw0KGgo[A-Za-z0-9+/]*={0,2}"),
    "image/jpeg": re.compile(r"/9j/[A-Za-z0-9+/]*={0,2}"),
}


@dataclass(frozen=True, slots=True)
class Output:
    """What a cell wrote: ``kind`` is text, error, picture (then ``text`` is a data URI) or remark."""

    kind: str
    text: str


@dataclass(slots=True)
class Cell:
    """A cell: ``kind`` is markdown, code or raw."""

    kind: str
    source: str
    number: int | None = None
    outputs: list[Output] = field(default_factory=list)


@dataclass(slots=True)
class Notebook:
    """The cells that are shown, and how many are not."""

    language: str
    cells: list[Cell] = field(default_factory=list)
    hidden: int = 0


def read_notebook(name: str, data: bytes, whole: bool) -> Notebook:
    """The notebook. Raises CannotShow for what is none."""
    try:
        document = json.loads(decode(data))
    except (ValueError, RecursionError):
        document = None
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        raise CannotShow("This is not a notebook of format 4, so it is shown as text.")
    return _Reader().read(document, cells)


class _Reader:
    def __init__(self) -> None:
        self.text_left = _MOST_TEXT
        self.pictures_left = _MOST_PICTURES

    def read(self, document: dict[str, Any], cells: list[Any]) -> Notebook:
        notebook = Notebook(_language(document))
        for cell in cells[:_MOST_CELLS]:
            if self.text_left <= 0:
                break
            if isinstance(cell, dict):
                notebook.cells.append(self._cell(cell))
        notebook.hidden = max(0, len(cells) - len(notebook.cells))
        return notebook

    def _cell(self, cell: dict[str, Any]) -> Cell:
        kind = cell.get("cell_type")
        number = cell.get("execution_count")
        return Cell(
            kind if kind in ("markdown", "code") else "raw",
            self._take(_joined(cell.get("source")), _LONGEST_SOURCE),
            number if isinstance(number, int) else None,
            list(self._outputs(cell.get("outputs"))),
        )

    def _outputs(self, outputs: Any) -> Iterator[Output]:
        for output in outputs[:_MOST_OUTPUTS] if isinstance(outputs, list) else ():
            if not isinstance(output, dict):
                continue
            if output.get("output_type") == "stream":
                yield Output("text", self._take(_joined(output.get("text")), _LONGEST_OUTPUT))
            elif output.get("output_type") == "error":
                yield Output("error", self._take(_joined(output.get("traceback"), "\n"), _LONGEST_OUTPUT))
            elif isinstance(output.get("data"), dict):
                yield self._shown(output["data"])

    def _shown(self, data: dict[str, Any]) -> Output:
        """The best form of a result that is safe: a picture, else its plain text."""
        for kind, pattern in _PICTURES.items():
            encoded = "".join(_joined(data.get(kind)).split())
            if not pattern.fullmatch(encoded):
                continue
            if len(encoded) > self.pictures_left:
                return Output("remark", "A picture that is too big to be shown here.")
            self.pictures_left -= len(encoded)
            return Output("picture", f"data:{kind};base64,{encoded}")
        plain = _joined(data.get("text/plain"))
        if plain:
            return Output("text", self._take(plain, _LONGEST_OUTPUT))
        return Output("remark", "An output that can only be shown by running it.")

    def _take(self, text: str, most: int) -> str:
        shown = cut(_COLOURS.sub("", text), max(0, min(most, self.text_left)))
        self.text_left -= len(shown)
        return shown


def _joined(value: Any, between: str = "") -> str:
    """Text, which notebooks hold as one string or as a list of lines."""
    if isinstance(value, str):
        return value
    lines: Iterable[Any] = value if isinstance(value, list) else ()
    return between.join(line for line in lines if isinstance(line, str))


def _language(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    described = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    name = described.get("display_name") if isinstance(described, dict) else None
    return cut(name, 80) if isinstance(name, str) else ""
