"""Versions side by side: what they are, what their runs were given and measured, their tags and their cards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q

from accounts.principals import Principal
from accounts.roles import Action
from artifacts.models import ArtifactSpace
from registry.cards import SECTIONS, Place
from registry.models import CardRevision, Lifecycle, ModelVersion
from registry.queries.pages import with_aliases
from tracking.compare.files import Side
from tracking.compare.table import Cell, Group, Line, Section, arranged, lines_of, logged_groups, origin_groups
from tracking.models import Run
from tracking.queries import children
from tracking.rows import RunRow, head_of

MOST_VERSIONS: Final = 20
_LARGEST: Final = 2**31 - 1
#: What `compare_loaded` needs of versions, for ``select_related``.
WITH_RUN: Final = ("run__experiment", "run__owner", "creator")
_RELATED: Final = ("model__project", "creator", "logged_model", "copied_from__model")


@dataclass(frozen=True, slots=True)
class Reference:
    """A version as addresses name it: ``<project>/<model>/<number>``."""

    project: str
    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.project}/{self.name}/{self.number}"


@dataclass(frozen=True, slots=True)
class ComparedVersion:
    """A version with the run that made it, as far as the reader may see that."""

    version: ModelVersion
    run: RunRow | None

    @property
    def reference(self) -> Reference:
        """How addresses name it."""
        return Reference(self.version.model.project.slug, self.version.model.name, self.version.number)


@dataclass(slots=True)
class ComparedVersions:
    """The versions of a comparison in the order of its address."""

    columns: list[ComparedVersion] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    left_out: int = 0
    #: Texts of cards by revision.
    cards: dict[int, Mapping[str, str]] = field(default_factory=dict)

    @property
    def is_one_model(self) -> bool:
        """Whether all are versions of the same model."""
        return len({column.version.model_id for column in self.columns}) == 1

    @property
    def unseen_runs(self) -> int:
        """How many versions came from a run that the reader may not see, or that is not here."""
        return sum(bool(column.version.run_uid) and column.run is None for column in self.columns)

    def only(self, *columns: ComparedVersion) -> "ComparedVersions":
        """The same of some of the versions."""
        return ComparedVersions(list(columns), cards=self.cards)


def compare_versions(actor: Principal, references: Sequence[str]) -> ComparedVersions:
    """The versions of these references as far as the actor may see them; at most eight queries, however many."""
    wanted = list(dict.fromkeys(text.strip() for text in references if text.strip()))
    asked = {text: read_reference(text) for text in wanted[:MOST_VERSIONS]}
    found = _find(actor, [reference for reference in asked.values() if reference])
    versions = [found[str(reference)] for reference in asked.values() if str(reference) in found]
    runs = _runs(actor, [version.run_id for version in versions if version.run_id])
    return ComparedVersions(
        [ComparedVersion(version, runs.get(version.run_id or 0)) for version in versions],
        [text for text, reference in asked.items() if str(reference) not in found],
        len(wanted) - len(asked),
        _card_texts(versions),
    )


def compare_loaded(actor: Principal, versions: Sequence[ModelVersion]) -> ComparedVersions:
    """Versions that the actor may see and that were loaded `WITH_RUN`, for `made_from`; at most four queries."""
    seen = {
        each.run.pk: RunRow(head_of(each.run)) for each in versions if each.run and actor.may(Action.VIEW, each.run)
    }
    children.fill(seen)
    columns = [ComparedVersion(each, seen.get(each.run_id or 0)) for each in versions]
    return ComparedVersions(columns, cards=_card_texts(versions))


def read_reference(text: str) -> Reference | None:
    """The reference that a text is; None when it is none."""
    project, _, rest = text.partition("/")
    name, _, number = rest.rpartition("/")
    is_number = number.isascii() and number.isdigit() and int(number[:12]) <= _LARGEST
    return Reference(project, name, int(number)) if project and name and is_number and "\x00" not in text else None


def _find(actor: Principal, references: Sequence[Reference]) -> dict[str, ModelVersion]:
    if not references:
        return {}
    these = Q()
    for one in references:
        these |= Q(model__project__slug=one.project, model__name=one.name, number=one.number)
    visible = ModelVersion.objects.visible_to(actor).filter(these, model__lifecycle=Lifecycle.ACTIVE)
    versions = with_aliases(visible.select_related(*_RELATED).prefetch_related("tags"))
    return {f"{version.model.project.slug}/{version.model.name}/{version.number}": version for version in versions}


def _runs(actor: Principal, pks: Sequence[int]) -> dict[int, RunRow]:
    visible = Run.objects.visible_to(actor).filter(pk__in=pks).select_related("experiment__project", "owner")
    rows = {run.pk: RunRow(head_of(run)) for run in visible}
    children.fill(rows)
    return rows


def _card_texts(versions: Iterable[ModelVersion]) -> dict[int, Mapping[str, str]]:
    cards = {pk for version in versions for pk in (version.card_id, version.model.card_id) if pk}
    return dict(CardRevision.objects.filter(pk__in=cards).values_list("pk", "sections")) if cards else {}


def sides_of(left: ModelVersion, right: ModelVersion) -> tuple[Side, Side]:
    """Where the files of two versions lie; one query."""
    uids = {version.space_uid for version in (left, right) if version.space_uid}
    spaces = {space.uid: space for space in ArtifactSpace.objects.filter(uid__in=uids)}
    return Side(spaces.get(left.space_uid), left.prefix), Side(spaces.get(right.space_uid), right.prefix)


def side_by_side(compared: ComparedVersions, *, differences_only: bool) -> list[Section]:
    """The sections of the table."""
    return arranged(_groups(compared), len(compared.columns), differences_only=differences_only)


def made_from(compared: ComparedVersions) -> list[Section]:
    """Where the versions differ in what they measured, were made from and are described by; no query."""
    return arranged(_made_from(compared), len(compared.columns), differences_only=True)


def _groups(compared: ComparedVersions) -> Iterator[Group]:
    columns = compared.columns
    yield "facts", "Version", _facts(compared)
    yield from _made_from(compared)
    yield "tags", "Tags", lines_of({tag.key: tag.value for tag in column.version.tags.all()} for column in columns)


def _made_from(compared: ComparedVersions) -> Iterator[Group]:
    runs = [column.run for column in compared.columns]
    yield from logged_groups(runs)
    yield from origin_groups(runs)
    yield "card", "Card", _card(compared)


def _facts(compared: ComparedVersions) -> Iterator[Line]:
    versions = [column.version for column in compared.columns]
    runs = [column.run for column in compared.columns]
    facts: list[tuple[str, str, list[Any]]] = [
        ("Model", "text", [f"{version.model.project.slug}/{version.model.name}" for version in versions]),
        ("Stage", "stage", [version.stage for version in versions]),
        ("In this stage since", "moment", [version.stage_since for version in versions]),
        ("Aliases", "text", [", ".join(_aliases(version)) or None for version in versions]),
        ("Registered", "moment", [version.created_at for version in versions]),
        ("Author", "text", [str(version.creator) for version in versions]),
        ("Description", "text", [version.description or None for version in versions]),
        ("Content", "digest", [version.content_digest or None for version in versions]),
        ("Kept at", "text", [version.location for version in versions]),
        ("Made by run", "text", [run.head.name if run else None for run in runs]),
        ("Logged model", "text", [version.logged_model.name if version.logged_model else None for version in versions]),
        ("Copy of", "text", [str(version.copied_from) if version.copied_from else None for version in versions]),
        ("In the trash", "text", [None if version.is_active else "yes" for version in versions]),
    ]
    for label, kind, values in facts:
        if any(value is not None for value in values):
            yield Line(label, [Cell(value) for value in values], kind)


def _aliases(version: ModelVersion) -> list[str]:
    shown: list[Any] = getattr(version, "shown_aliases", [])
    return [f"@{interval.alias}" for interval in shown]


def _card(compared: ComparedVersions) -> Iterator[Line]:
    """The sections of the cards: the version's own, and the model's where models differ."""
    for place, sections in SECTIONS.items():
        if place == Place.MODEL and compared.is_one_model:
            continue
        for section in sections:
            cards = [_card_of(column.version, place) for column in compared.columns]
            texts = [compared.cards.get(card or 0, {}).get(section.key) or None for card in cards]
            if any(texts):
                yield Line(section.label, [Cell(text) for text in texts])


def _card_of(version: ModelVersion, place: Place) -> int | None:
    return version.model.card_id if place == Place.MODEL else version.card_id
