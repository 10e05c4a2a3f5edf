"""Finds registered models and their versions."""

from django.db.models import Case, Exists, OuterRef, Q

from accounts.principals import Principal
from registry.models import AliasInterval, Lifecycle, ModelVersion, RegisteredModel
from registry.querysets import ModelVersionQuerySet, RegisteredModelQuerySet
from registry.rules import alias_key
from web.links import model_url, version_url
from web.search.hits import Hit, Kind
from web.search.matching import begins_with_hex, closeness
from web.search.meaning import Meaning

#: Of so many models at most the versions in use are shown when only a name was typed.
_MODELS = 20
_LATEST = "latest"


def find_models(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Models by any part of their name, the closest first."""
    if meaning.exact and not meaning.model:
        return []
    rows = _models(principal, meaning).select_related("project").order_by(*_closest(meaning))
    return [_model_hit(model) for model in rows[:limit]]


def find_versions(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """The version that a text names, those of a digest or run, or else those in use of the models that match."""
    visible = ModelVersion.objects.active().visible_to(principal).filter(model__lifecycle=Lifecycle.ACTIVE)
    rows = _versions(principal, visible, meaning)
    if rows is None:
        return []
    return [_version_hit(version) for version in rows.select_related("model", "project")[:limit]]


def _models(principal: Principal, meaning: Meaning) -> RegisteredModelQuerySet:
    rows = RegisteredModel.objects.active().visible_to(principal)
    if meaning.exact:
        return rows.filter(name=meaning.model)
    return rows.filter(name__icontains=meaning.model or meaning.text)


def _closest(meaning: Meaning) -> tuple[Case, str, str]:
    return closeness("name", meaning.model or meaning.text), "name", "pk"


def _versions(principal: Principal, visible: ModelVersionQuerySet, meaning: Meaning) -> ModelVersionQuerySet | None:
    if meaning.run:
        return visible.filter(run_uid=meaning.run).order_by("-pk")
    if meaning.logged_model:
        return visible.filter(logged_model__uid=meaning.logged_model).order_by("-pk")
    if meaning.hex:
        # By themselves, so that no database walks through a project's versions instead of the index of digests.
        frozen = ModelVersion.objects.filter(begins_with_hex("content_digest", meaning.hex), frozen_at__isnull=False)
        return visible.filter(pk__in=frozen.values("pk")).order_by("-pk")
    if meaning.exact and not meaning.names_version:
        return None
    models = _models(principal, meaning).order_by(*_closest(meaning)).values("pk")
    close = (closeness("model__name", meaning.model or meaning.text), "model__name", "model_id")
    if meaning.number is not None:
        return visible.filter(model__in=models[:_MODELS], number=meaning.number).order_by(*close)
    if meaning.word:
        return visible.filter(_called(meaning.word), model__in=models[:_MODELS]).order_by(*close, "-number")
    return visible.live().filter(model__in=models[:_MODELS]).order_by(*close, "stage", "-number")


def _called(word: str) -> Q:
    """Versions that an alias stands for or that are in a stage; all for ``latest``, which come newest first."""
    if word.lower() == _LATEST:
        return Q()
    standing = AliasInterval.objects.open().filter(version=OuterRef("pk"), key=alias_key(word))
    return Q(Exists(standing)) | Q(stage__iexact=word)


def _model_hit(model: RegisteredModel) -> Hit:
    return Hit(
        kind=Kind.MODELS,
        id=str(model.pk),
        title=model.name,
        url=model_url(model.project.slug, model.name),
        detail=f"{model.project.slug} · prompt" if model.is_prompt else model.project.slug,
        at=model.updated_at,
    )


def _version_hit(version: ModelVersion) -> Hit:
    return Hit(
        kind=Kind.VERSIONS,
        id=str(version.pk),
        title=f"{version.model.name} v{version.number}",
        url=version_url(version.project.slug, version.model.name, version.number),
        detail=version.project.slug,
        stage=version.stage,
        at=version.updated_at,
    )
