"""Which kind of preview a file gets, by its name and size alone, and how much of it is read for that."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_KIB: Final = 1024


class Kind(StrEnum):
    """The kinds of previews; each has a template of its name."""

    TEXT = "text"
    HTML = "html"
    MARKDOWN = "markdown"
    TABLE = "table"
    TREE = "tree"
    NOTEBOOK = "notebook"
    MLMODEL = "mlmodel"
    SVG = "svg"
    IMAGE = "image"
    PARQUET = "parquet"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to preview a file: as what, and how many of its bytes the server reads. None: the browser fetches it."""

    kind: Kind
    most: int


#: A bigger picture would keep the browser busy.
_BIGGEST_PICTURE: Final = 20 * _KIB * _KIB
#: What must be there as a whole to be read: longer files are shown as text.
_WHOLE: Final = frozenset({Kind.TREE, Kind.NOTEBOOK, Kind.MLMODEL, Kind.SVG})
_TEXT: Final = Plan(Kind.TEXT, 64 * _KIB)

_PLANS: Final = {
    **dict.fromkeys(("html", "htm", "xhtml"), Plan(Kind.HTML, 64 * _KIB)),
    **dict.fromkeys(("md", "markdown"), Plan(Kind.MARKDOWN, 64 * _KIB)),
    **dict.fromkeys(("csv", "tsv"), Plan(Kind.TABLE, 256 * _KIB)),
    **dict.fromkeys(("json", "geojson"), Plan(Kind.TREE, 512 * _KIB)),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp", "avif", "bmp"), Plan(Kind.IMAGE, 0)),
    "ipynb": Plan(Kind.NOTEBOOK, 2048 * _KIB),
    "mlmodel": Plan(Kind.MLMODEL, 128 * _KIB),
    "parquet": Plan(Kind.PARQUET, 0),
    "svg": Plan(Kind.SVG, 256 * _KIB),
}


def plan_for(name: str, size: int) -> Plan:
    """How to preview a file of this name and size; a name that says nothing is tried as text."""
    stem, dot, suffix = name.lower().rpartition(".")
    plan = _PLANS.get(suffix if dot and stem else name.lower(), _TEXT)
    if plan.kind == Kind.IMAGE and size > _BIGGEST_PICTURE:
        return Plan(Kind.NOTHING, 0)
    return _TEXT if plan.kind in _WHOLE and size > plan.most else plan
