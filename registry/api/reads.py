"""What the resources of the registry show, read with everything that is shown of it, now or at an earlier moment."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, FilteredRelation, Prefetch, Q, Sum

from accounts.principals import Principal
from artifacts.models import ArtifactFile
from artifacts.paths import parse_folder, parse_path
from registry.exceptions import ModelNotFound, VersionNotFound
from registry.models import AliasInterval, Lifecycle, ModelVersion, RegisteredModel, StageInterval
from registry.querysets import (
    AliasIntervalQuerySet,
    ModelVersionQuerySet,
    RegisteredModelQuerySet,
    StageIntervalQuerySet,
)
from registry.rules import Stage

#: How many files a version shows with itself; further ones are found by its folders.
MOST_FILES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Address:
    """How a model is addressed."""

    project: str
    name: str

    def __str__(self) -> str:
        return f"{self.project}/{self.name}"


# --- Models -----------------------------------------------------------------------------------------------------------


def shown_models(actor: Principal, at: int | None = None) -> RegisteredModelQuerySet:
    """The models that ``actor`` may see, with tags and aliases; three queries."""
    models = RegisteredModel.objects.visible_to(actor).select_related("project", "owner")
    aliases = Prefetch("alias_intervals", aliases_at(at).select_related("version"), to_attr="shown_aliases")
    return models.prefetch_related("tags", aliases)


def find_model(
    actor: Principal,
    address: Address,
    *,
    lifecycle: str = Lifecycle.ACTIVE,
    at: int | None = None,
    model_id: int | None = None,
) -> RegisteredModel:
    """The model at an address. Of several in the trash it is the one that went there last, or that has ``model_id``.

    Raises `ModelNotFound`.
    """
    models = shown_models(actor, at).filter(project__slug=address.project, name=address.name, lifecycle=lifecycle)
    if model_id is not None:
        models = models.filter(pk=model_id)
    model = models.order_by("-updated_at", "-pk").first()
    if model is None:
        place = " in the trash" if lifecycle == Lifecycle.TRASHED else ""
        raise ModelNotFound(f"There is no registered model {address}{place}, or you may not see it.")
    if at is not None and at < model.created_at:
        raise ModelNotFound(f"The model {address} was not yet registered at that time.")
    return model


def count_versions(models: Iterable[RegisteredModel]) -> dict[int, dict[str, int]]:
    """How many versions each model has in each stage; one query."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    versions = ModelVersion.objects.active().filter(model__in=[model.pk for model in models])
    for model, stage, count in versions.values_list("model_id", "stage").annotate(count=Count("pk")).order_by():
        counts[model][stage] = count
    return counts


def live_versions(model: RegisteredModel, at: int | None) -> dict[str, list[int]]:
    """Which versions are, or were, in Staging and Production; one query."""
    found: dict[str, list[int]] = {Stage.STAGING.value: [], Stage.PRODUCTION.value: []}
    stays = stays_at(at).filter(model=model, stage__in=list(found))
    for stage, number in stays.values_list("stage", "version__number").order_by("version__number"):
        found[stage].append(number)
    return found


# --- Versions ---------------------------------------------------------------------------------------------------------


def shown_versions(actor: Principal, at: int | None = None) -> ModelVersionQuerySet:
    """The versions that ``actor`` may see, with stage, aliases and tags; three queries.

    With ``at`` they are those that were registered then, in the stage and with the aliases of then; versions and
    models that went to the trash since are among them.
    """
    versions = ModelVersion.objects.visible_to(actor).select_related("model__project", "creator", "logged_model")
    if at is None:
        versions = versions.annotate(shown_stage=F("stage"), shown_since=F("stage_since"))
    else:
        then = Q(stage_intervals__until=None) | Q(stage_intervals__until__gt=at)
        stay = FilteredRelation("stage_intervals", condition=Q(stage_intervals__since__lte=at) & then)
        versions = versions.annotate(stay=stay).filter(stay__isnull=False)
        versions = versions.annotate(shown_stage=F("stay__stage"), shown_since=F("stay__since"))
    return versions.prefetch_related("tags", Prefetch("alias_intervals", aliases_at(at), to_attr="shown_aliases"))


def show_version(
    actor: Principal, address: Address, number: int, *, lifecycle: str = Lifecycle.ACTIVE, at: int | None = None
) -> Any:
    """A version of a model that is in use, with what `shown_versions` adds. Raises `VersionNotFound`."""
    versions = shown_versions(actor, at)
    if at is None:
        versions = versions.filter(lifecycle=lifecycle)
    return _only(versions, address, number, "is no" if at is None else "was at that time no")


def find_version(actor: Principal, address: Address, number: int, *, lifecycle: str = Lifecycle.ACTIVE) -> ModelVersion:
    """The version itself, for an operation; one query. Raises `VersionNotFound`."""
    versions = ModelVersion.objects.visible_to(actor).filter(lifecycle=lifecycle).select_related("model__project")
    return _only(versions, address, number, "is no")


def _only(versions: ModelVersionQuerySet, address: Address, number: int, there: str) -> ModelVersion:
    version = versions.filter(of(address), number=number).first()
    if version is None:
        raise VersionNotFound(f"There {there} version {number} of {address}, or you may not see it.")
    return version


def of(address: Address) -> Q:
    """The versions of the model at an address."""
    model = Q(model__project__slug=address.project, model__name=address.name)
    return model & Q(model__lifecycle=Lifecycle.ACTIVE)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a version: the first of them, how many there are, and how long all are together."""

    files: list[ArtifactFile]
    prefix: str
    count: int
    size: int


def files_of(version: ModelVersion) -> Files | None:
    """The files of a version by path; None when this house does not keep them. One query, or two for very many."""
    if not version.space_uid:
        return None
    folder = parse_folder(version.prefix)
    live = ArtifactFile.objects.live().filter(space__uid=version.space_uid)
    found = live.below(folder)
    if folder:
        found = found | live.at(parse_path(version.prefix))
    files = list(found.order_by("folder", "name")[: MOST_FILES + 1])
    if len(files) <= MOST_FILES:
        return Files(files, folder, len(files), sum(file.size for file in files))
    totals = found.aggregate(count=Count("pk"), size=Sum("size"))
    return Files(files[:MOST_FILES], folder, totals["count"], totals["size"])


# --- Intervals --------------------------------------------------------------------------------------------------------


def aliases_at(at: int | None) -> AliasIntervalQuerySet:
    """The aliases as they are now, or were at a moment."""
    return AliasInterval.objects.open() if at is None else AliasInterval.objects.at(at)


def stays_at(at: int | None) -> StageIntervalQuerySet:
    """The stays that hold now, or held at a moment."""
    return StageInterval.objects.filter(until=None) if at is None else StageInterval.objects.at(at)
