"""Lists for pages: models of all projects, and the versions of one model; each page costs what the first one does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Substr

from accounts.models import User
from accounts.principals import Principal
from audit.exceptions import InvalidInput
from registry.models import AliasInterval, Lifecycle, ModelVersion, RegisteredModel
from registry.queries import rows
from registry.queries.rows import VersionRow
from registry.rules import Stage
from registry.search import MODEL_VERSIONS, REGISTERED_MODELS
from registry.stamps import Stamp, stamps_of
from tracking.search import Page
from tracking.search.pages import read_token, write_token

MODELS_SHOWN: Final = 50
VERSIONS_SHOWN: Final = 50
#: How much of a description a list shows.
GLIMPSE: Final = 160
_MOST_OWNERS: Final = 200
#: What makes a text a filter rather than words to look for.
_FILTER = re.compile(r"[=<>!'\"`%]|\b(i?like|in|is|and)\b", re.IGNORECASE)


@dataclass(frozen=True)
class ModelFilter:
    """Which models are asked for; what is empty does not count. ``owner`` is a uid, ``kind`` model, prompt or all."""

    text: str = ""
    project: str = ""
    stage: str = ""
    owner: str = ""
    kind: str = "model"
    lifecycle: str = Lifecycle.ACTIVE

    def condition(self) -> Q:
        """The models that match. Raises InvalidInput for a text that cannot be read."""
        condition = Q(lifecycle=self.lifecycle) & search_models_by(self.text)
        if self.project:
            condition &= Q(project__slug=self.project)
        if self.owner:
            condition &= Q(owner__uid=self.owner)
        if self.kind != "all":
            condition &= Q(is_prompt=self.kind == "prompt")
        if self.stage:
            held = ModelVersion.objects.active().filter(model=OuterRef("pk"), stage=self.stage)
            condition &= Q(Exists(held))
        return condition


@dataclass
class ListedModel:
    """A model in the list: itself, its newest version, and the versions that are in use."""

    model: RegisteredModel
    latest: int | None
    description: str
    in_stage: dict[str, VersionRow] = field(default_factory=dict)
    stamps: dict[int, list[Stamp]] = field(default_factory=dict)

    @property
    def production(self) -> VersionRow | None:
        """The version in Production."""
        return self.in_stage.get(Stage.PRODUCTION)

    @property
    def staging(self) -> VersionRow | None:
        """The version that entered Staging last."""
        return self.in_stage.get(Stage.STAGING)

    @property
    def production_stamps(self) -> list[Stamp]:
        """What warns of the version in Production."""
        return self.stamps.get(self.production.pk, []) if self.production else []

    @property
    def staging_stamps(self) -> list[Stamp]:
        """What warns of the version in Staging."""
        return self.stamps.get(self.staging.pk, []) if self.staging else []


_MODEL_SORTS: Final = {"name": "name", "updated": "updated_at"}


def list_models(actor: Principal, wanted: ModelFilter, *, sort: str = "-updated", token: str = "") -> Page[ListedModel]:
    """A page of the models that ``actor`` may see and that match; three queries.

    Raises InvalidInput for a filter, order or token that cannot be read.
    """
    column = _MODEL_SORTS.get(sort.removeprefix("-"))
    if column is None:
        raise InvalidInput(f"Models cannot be sorted by {sort[:40]!r}: use {' or '.join(_MODEL_SORTS)}.")
    newest = ModelVersion.objects.active().filter(model=OuterRef("pk")).order_by("-number").values("number")
    models = RegisteredModel.objects.visible_to(actor).filter(wanted.condition()).select_related("project", "owner")
    models = models.defer("description").annotate(
        latest=Subquery(newest[:1]), glimpse=Substr("description", 1, GLIMPSE)
    )
    found, next_token = _page(models, column, token, MODELS_SHOWN, descending=sort.startswith("-"))
    listed = [ListedModel(model, model.latest, model.glimpse) for model in found]
    _add_stages({each.model.pk: each for each in listed})
    return Page(listed, next_token)


def _add_stages(listed: dict[int, ListedModel]) -> None:
    newest = rows.newest_versions(list(listed), [Stage.STAGING, Stage.PRODUCTION])
    stamps = stamps_of(newest)
    for version in newest:
        listed[version.model_id].in_stage[version.stage] = version
        listed[version.model_id].stamps[version.pk] = stamps[version.pk]


def owners_of_models(actor: Principal) -> list[User]:
    """Who owns a model that ``actor`` may see, by name; one query."""
    owned = RegisteredModel.objects.active().visible_to(actor)
    return list(User.objects.filter(pk__in=owned.order_by().values("owner")).order_by("username")[:_MOST_OWNERS])


def search_models_by(text: str) -> Q:
    """What somebody typed above a list of models: a filter of the search language, or a part of a name.

    Raises InvalidInput with a sentence that names the position of what is wrong.
    """
    text = text.strip()
    if text and not _FILTER.search(text):
        return Q(name__ilike=f"%{text}%")
    return REGISTERED_MODELS.q(text)


# --- Versions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VersionFilter:
    """Which versions of a model are asked for; what is empty does not count."""

    text: str = ""
    stage: str = ""
    lifecycle: str = Lifecycle.ACTIVE

    def condition(self) -> Q:
        """The versions that match. Raises InvalidInput for a text that cannot be read."""
        condition = Q(lifecycle=self.lifecycle) & search_versions_by(self.text)
        return condition & Q(stage=self.stage) if self.stage else condition


@dataclass
class ListedVersion:
    """A version in the list; ``figures`` are the metrics of its run that the reader chose."""

    version: Any
    aliases: list[str] = field(default_factory=list)
    figures: list[tuple[str, float | None]] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)


def list_versions(
    model: RegisteredModel, wanted: VersionFilter, *, token: str = "", size: int = VERSIONS_SHOWN
) -> Page[ListedVersion]:
    """A page of the versions that match, the newest first, or of one stage those first that entered it last.

    Three queries, for whoever was let see the model. Raises InvalidInput for a filter or token that cannot be read.
    """
    versions = ModelVersion.objects.filter(wanted.condition(), model=model).select_related("creator")
    versions = versions.defer("description", "source", "location", "run_link").annotate(
        glimpse=Substr("description", 1, GLIMPSE)
    )
    column = "stage_since" if wanted.stage else "number"
    found, next_token = _page(versions, column, token, size, descending=True, tie="number")
    for version in found:
        version.model = model
    listed = {version.pk: ListedVersion(version) for version in found}
    standing = AliasInterval.objects.open().filter(version__in=list(listed)).order_by("key")
    for pk, alias in standing.values_list("version_id", "alias"):
        listed[pk].aliases.append(alias)
    for pk, stamps in stamps_of(found).items():
        listed[pk].stamps = stamps
    return Page(list(listed.values()), next_token)


def search_versions_by(text: str) -> Q:
    """What somebody typed above a list of versions: a filter of the search language, or a number.

    Raises InvalidInput with a sentence that names the position of what is wrong.
    """
    number = text.strip().lower().removeprefix("v")
    if number.isascii() and number.isdigit() and len(number) < 10:
        return Q(number=int(number))
    return MODEL_VERSIONS.q(text)


# --- Pages ------------------------------------------------------------------------------------------------------------


def _page(
    found: QuerySet[Any], column: str, token: str, size: int, *, descending: bool, tie: str = "pk"
) -> tuple[Sequence[Any], str]:
    """The rows after the place that a token names, in the order of a column, and the token of the next page."""
    place = _read_place(token, column)
    if place is not None:
        after = "lt" if descending else "gt"
        value, last = place
        found = found.filter(Q(**{f"{column}__{after}": value}) | Q(**{column: value, f"{tie}__{after}": last}))
    order = [F(name).desc() if descending else F(name).asc() for name in dict.fromkeys([column, tie])]
    shown = list(found.order_by(*order)[: size + 1])
    if len(shown) <= size:
        return shown, ""
    last_row = shown[size - 1]
    return shown[:size], write_token({"by": column, "after": [getattr(last_row, column), getattr(last_row, tie)]})


def _read_place(token: str, column: str) -> tuple[Any, int] | None:
    content = read_token(token)
    if not content:
        return None
    place: Any = content.get("after")
    kind: type[str | int] = str if column == "name" else int
    fits = isinstance(place, list) and len(place) == 2 and isinstance(place[0], kind) and isinstance(place[1], int)
    if not fits or content.get("by") != column:
        raise InvalidInput("This page of the list does not fit the order it is in now. Start from the first page.")
    return place[0], place[1]
