"""What the pages of one model or one version show, and what its reader may do there."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.db.models import Prefetch
from django.urls import reverse

from accounts.principals import Principal
from accounts.roles import Action
from accounts.scopes import Scoped
from registry.exceptions import ModelNotFound, VersionNotFound
from registry.models import AliasInterval, Lifecycle, ModelVersion, ModelVersionTag, RegisteredModel
from registry.queries import rows
from registry.queries.rows import VersionRow
from registry.querysets import ModelVersionQuerySet
from registry.rules import CLIENT_TAGS, PROMPT_TEXT_TAG, Stage, raises_trust
from tracking.models import LatestMetric, Param, Run

#: How many metrics and params of the source run a version shows.
MOST_VALUES: Final = 12
ALIASES_SHOWN: Final = 200
TAGS_SHOWN: Final = 100
#: The largest number that a column takes.
_LARGEST: Final = 2**31 - 1


#: Where a version goes from a stage, the most usual step first.
_NEXT: Final = {
    Stage.NONE: (Stage.STAGING, Stage.PRODUCTION, Stage.ARCHIVED),
    Stage.STAGING: (Stage.PRODUCTION, Stage.ARCHIVED, Stage.NONE),
    Stage.PRODUCTION: (Stage.ARCHIVED, Stage.STAGING, Stage.NONE),
    Stage.ARCHIVED: (Stage.PRODUCTION, Stage.STAGING, Stage.NONE),
}


class Rights:
    """What somebody may do to a model or version; no query, but one when they hold roles on single models."""

    def __init__(self, actor: Principal, obj: Scoped) -> None:
        self._actor, self._obj = actor, obj

    def __getattr__(self, name: str) -> bool:
        try:
            action = Action(name)
        except ValueError:
            raise AttributeError(name) from None
        return self._actor.may(action, self._obj)


def find_shown_model(actor: Principal, project: str, name: str) -> RegisteredModel:
    """The model in use, with project and owner; one query. Raises ModelNotFound."""
    models = RegisteredModel.objects.active().visible_to(actor).select_related("project", "owner")
    model = models.filter(project__slug=project, name=name).first() if "\x00" not in name else None
    if model is None:
        raise ModelNotFound(f"There is no registered model {project}/{name}, or you may not see it.")
    return model


def find_trashed_model(actor: Principal, pk: int) -> RegisteredModel:
    """A model in the trash. Raises ModelNotFound."""
    models = RegisteredModel.objects.visible_to(actor).filter(lifecycle=Lifecycle.TRASHED)
    model = models.select_related("project", "owner").filter(pk=pk).first() if pk <= _LARGEST else None
    if model is None:
        raise ModelNotFound("There is no such model in the trash, or you may not see it.")
    return model


def find_shown_version(actor: Principal, project: str, name: str, number: int) -> ModelVersion:
    """A version of a model in use, itself perhaps in the trash; one query. Raises VersionNotFound."""
    versions = ModelVersion.objects.visible_to(actor).filter(model__lifecycle=Lifecycle.ACTIVE)
    related = (
        "model__project",
        "model__owner",
        "creator",
        "logged_model__experiment",
        "run__experiment",
        "run__owner",
        "copied_from__model",
    )
    there = versions.filter(model__project__slug=project, model__name=name, number=number)
    version = there.select_related(*related).first() if number <= _LARGEST and "\x00" not in name else None
    if version is None:
        raise VersionNotFound(f"There is no version {number} of {project}/{name}, or you may not see it.")
    return version


@dataclass(frozen=True)
class InUse:
    """The versions that matter: in Production, the last in Staging, and the latest."""

    newest: list[VersionRow]

    def _in(self, stage: Stage) -> VersionRow | None:
        return next((version for version in self.newest if version.stage == stage), None)

    @cached_property
    def production(self) -> VersionRow | None:
        """The version in Production."""
        return self._in(Stage.PRODUCTION)

    @cached_property
    def staging(self) -> VersionRow | None:
        """The version that entered Staging last."""
        return self._in(Stage.STAGING)

    @cached_property
    def latest(self) -> VersionRow | None:
        """What ``models:/…/latest`` loads."""
        return self.newest[-1] if self.newest else None


def in_use(model: RegisteredModel) -> InUse:
    """The versions of a model that matter; one query."""
    return InUse(rows.newest_versions([model.pk], Stage))


def open_aliases(model: RegisteredModel) -> list[AliasInterval]:
    """The aliases of a model as they are, by name; one query."""
    aliases = AliasInterval.objects.open().filter(model=model).select_related("version", "actor")
    return list(aliases.defer("version__description").order_by("key")[:ALIASES_SHOWN])


def past_aliases(model: RegisteredModel) -> list[AliasInterval]:
    """What aliases of a model stood for before, those that ended last first; one query."""
    ended = AliasInterval.objects.filter(model=model, until__isnull=False).select_related("version", "actor")
    return list(ended.defer("version__description").order_by("-until", "-pk")[:ALIASES_SHOWN])


def prompt_text(version_id: int) -> str:
    """What a version of a prompt says; one query."""
    tags = ModelVersionTag.objects.filter(version=version_id, key=PROMPT_TEXT_TAG)
    return tags.values_list("value", flat=True).first() or ""


def tags_people_set(owner: RegisteredModel | ModelVersion) -> list[tuple[str, str]]:
    """The tags of a model or version by key, without those of MLflow's client; one query."""
    tags = owner.tags.order_by("key").values_list("key", "value")
    return [(key, value) for key, value in tags[:TAGS_SHOWN] if not key.startswith(CLIENT_TAGS)]


@dataclass(frozen=True)
class SourceRun:
    """The run that made a version, as far as the reader may see it, with some of what it logged."""

    run: Run | None
    metrics: list[LatestMetric]
    params: list[Param]
    more: bool = False


def source_run(actor: Principal, version: ModelVersion) -> SourceRun | None:
    """The run a version came from; None when there is none. At most two queries."""
    if not version.run_uid:
        return None
    run = version.run
    if run is None or not actor.may(Action.VIEW, run):
        return SourceRun(None, [], [])
    metrics = list(run.latest_metrics.order_by("key")[: MOST_VALUES + 1])
    params = list(run.params.order_by("key")[: MOST_VALUES + 1])
    more = max(len(metrics), len(params)) > MOST_VALUES
    return SourceRun(run, metrics[:MOST_VALUES], params[:MOST_VALUES], more)


def maker_page(actor: Principal, version: ModelVersion) -> str:
    """Where the files of a version can be looked into: the page of its run or logged model; empty for whoever may not
    see it.
    """
    if version.logged_model is not None and version.logged_model.uid == version.space_uid:
        shown = actor.may(Action.VIEW, version.logged_model)
        return reverse("tracking:logged-model-artifacts", args=[version.space_uid]) if shown else ""
    if version.run is not None and version.run.uid == version.space_uid and actor.may(Action.VIEW, version.run):
        return reverse("tracking:run-artifacts", args=[version.space_uid])
    return ""


def original_page(actor: Principal, version: ModelVersion) -> str:
    """The page of the version that this one was copied from; empty for whoever may not see it."""
    original = version.copied_from
    if original is None or not original.is_active or not actor.may(Action.VIEW, original):
        return ""
    # A copy is made within one project.
    return reverse("registry:version", args=[version.model.project.slug, original.model.name, original.number])


def stages_open_to(actor: Principal, version: ModelVersion) -> list[Stage]:
    """The stages that ``actor`` may move a version to; a gatekeeper may still object."""
    if version.is_prompt or not version.is_active:
        return []
    now = Stage(version.stage)
    return [
        stage
        for stage in _NEXT[now]
        if actor.may(Action.REQUEST if raises_trust(now, stage) else Action.RETIRE, version)
    ]


def with_aliases(versions: ModelVersionQuerySet) -> ModelVersionQuerySet:
    """The versions with their aliases in ``shown_aliases``; one query more."""
    aliases = AliasInterval.objects.open().order_by("key")
    return versions.prefetch_related(Prefetch("alias_intervals", aliases, to_attr="shown_aliases"))
