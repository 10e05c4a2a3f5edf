"""The candidate beside the version that it would take the place of: what each is, and where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from accounts.principals import Principal
from registry.cards import SECTIONS, Place
from registry.models import ModelVersion
from registry.queries.comparing import ComparedVersion, ComparedVersions, compare_loaded, made_from
from registry.queries.key_metrics import foremost
from tracking.compare.pairs import Difference, differences
from tracking.compare.table import Line, Section, commit_page, logged_groups, origin_groups

#: How many metrics and datasets stand above all else, lines a part shows at once, and lines it shows at all.
_FOREMOST: Final = 6
_DATASETS: Final = 3
_ORIGINS: Final = ("Commit", "Uncommitted changes", "Image")
_AT_ONCE: Final = 8
_MOST: Final = 40


@dataclass(frozen=True)
class Side:
    """One of the versions, with what the reader may see of its run."""

    column: ComparedVersion
    #: Sections of both cards that are written, and how many there are.
    written: int
    sections: int

    @property
    def version(self) -> ModelVersion:
        """The version itself."""
        return self.column.version

    @property
    def commit_page(self) -> str:
        """Where its commit can be read."""
        return commit_page(self.column.run)


@dataclass(frozen=True)
class Part:
    """The differences of one sort: as many as there is room for, and how many there are in all."""

    title: str
    rows: Sequence[Difference]
    differ: int
    alike: int

    @property
    def is_long(self) -> bool:
        """Whether it is better shown folded."""
        return self.differ > _AT_ONCE or any(row.is_long for row in self.rows)

    @property
    def left_out(self) -> int:
        """How many differences have no room."""
        return self.differ - len(self.rows)


@dataclass(frozen=True)
class Beside:
    """One version, or two of which the second is the candidate."""

    sides: Sequence[Side]
    figures: Sequence[Line]
    #: The data by digest, the commit and the image, whether they differ or not.
    origins: Sequence[Line]
    parts: Sequence[Part] = field(default_factory=list)
    unseen_runs: int = 0

    @property
    def names(self) -> list[str]:
        """What the columns are called where there is little room."""
        return [f"v{side.version.number}" for side in self.sides]

    @property
    def compare_url(self) -> str:
        """The page that compares everything about them."""
        chosen = [("version", str(side.column.reference)) for side in self.sides]
        return f"{reverse('registry:compare-versions')}?{urlencode(chosen)}"


def put_beside(reader: Principal, versions: Sequence[ModelVersion]) -> Beside:
    """The incumbent, if there is one, and the candidate, loaded `WITH_RUN`; at most four queries."""
    compared = compare_loaded(reader, versions)
    parts = _parts(compared) if len(versions) == 2 else []
    sides = [_side(column, compared) for column in compared.columns]
    return Beside(sides, _figures(compared), _origins(compared), parts, compared.unseen_runs)


def _side(column: ComparedVersion, compared: ComparedVersions) -> Side:
    version, written = column.version, 0
    for place, card in ((Place.MODEL, version.model.card_id), (Place.VERSION, version.card_id)):
        texts = compared.cards.get(card or 0, {})
        written += sum(bool(texts.get(section.key)) for section in SECTIONS[place])
    return Side(column, written, sum(map(len, SECTIONS.values())))


def _figures(compared: ComparedVersions) -> list[Line]:
    """The metrics that most readers want to see, the better value marked where the name tells which that is."""
    groups = {name: list(lines) for name, _, lines in logged_groups([column.run for column in compared.columns])}
    lines = {line.key: line for line in groups["metrics"]}
    return [lines[key] for key in foremost(lines)[:_FOREMOST]]


def _origins(compared: ComparedVersions) -> list[Line]:
    groups = {name: list(lines) for name, _, lines in origin_groups([column.run for column in compared.columns])}
    data = [replace(line, key=f"Data {line.key}") for line in groups["datasets"]]
    return data[:_DATASETS] + [line for line in groups["origin"] if line.key in _ORIGINS]


def _parts(compared: ComparedVersions) -> list[Part]:
    sections = made_from(compared)
    shown = [Section(each.name, each.title, each.lines[:_MOST], each.alike, each.cut) for each in sections]
    return [
        Part(title, rows, len(section.lines) + section.cut, alike)
        for section, (title, rows, alike) in zip(sections, differences(shown), strict=True)
    ]
