"""What models and versions are today, and how people name them, for the answers of the graph."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.db.models import Q
from django.urls import reverse

from accounts.principals import Principal
from lineage import keys
from lineage.kinds import Described
from lineage.visibility import Exceptions, exceptions_among
from registry.models import Lifecycle, ModelVersion, RegisteredModel

MODELS: Final = keys.model("")
VERSIONS: Final = keys.model_version("", "").removesuffix("/")
_TRASHED: Final = "TRASHED"


def describe_versions(principal: Principal, asked: Sequence[str]) -> Mapping[str, Described]:
    """Versions as they are. One query."""
    wanted = Q(pk__in=[])
    for model_id, of_model in numbers_of(asked).items():
        wanted |= Q(model_id=model_id, number__in=of_model)
    versions = ModelVersion.objects.visible_to(principal).filter(wanted)
    return {
        keys.model_version(version.model_id, version.number): Described(
            label=str(version),
            url=_version_page(version) if version.is_active else "",
            stage=version.stage,
            status=version.status if version.is_active else _TRASHED,
            owner=version.creator.username,
            owner_id=version.creator_id,
            digest=f"sha256:{version.content_digest}" if version.content_digest else "",
            details={
                "project": version.project.slug,
                "model": version.model.name,
                "number": version.number,
                "quarantined": version.quarantined_at is not None,
            },
        )
        for version in versions.select_related("model", "project", "creator")
    }


def numbers_of(version_keys: Iterable[str]) -> dict[int, set[int]]:
    """The numbers of the versions behind these keys, by their model."""
    numbers: dict[int, set[int]] = {}
    for key in version_keys:
        model, _, number = key.removeprefix(VERSIONS).partition("/")
        if model.isdigit() and number.isdigit():
            numbers.setdefault(int(model), set()).add(int(number))
    return numbers


def describe_models(principal: Principal, asked: Sequence[str]) -> Mapping[str, Described]:
    """Models as they are. One query."""
    pks = {int(pk) for key in asked if (pk := key.removeprefix(MODELS)).isdigit()}
    models = RegisteredModel.objects.visible_to(principal).select_related("project", "owner").filter(pk__in=pks)
    return {
        keys.model(model.pk): Described(
            label=model.name,
            url=_model_page(model) if model.lifecycle == Lifecycle.ACTIVE else "",
            status="" if model.lifecycle == Lifecycle.ACTIVE else _TRASHED,
            owner=model.owner.username,
            owner_id=model.owner_id,
            details={"project": model.project.slug},
        )
        for model in models
    }


def find_versions_by_name(principal: Principal, names: Sequence[str]) -> Mapping[str, str]:
    """The keys of versions by ``project/name/number``. One query."""
    wanted, asked = Q(pk__in=[]), set(names)
    for name in names:
        project, _, rest = name.partition("/")
        model, _, number = rest.rpartition("/")
        if number.isascii() and number.isdigit() and len(number) < 10 and "\0" not in name:
            wanted |= Q(project__slug=project, model__name=model, number=int(number))
    versions = ModelVersion.objects.visible_to(principal).active().filter(wanted, model__lifecycle=Lifecycle.ACTIVE)
    found = versions.values_list("project__slug", "model__name", "number", "model_id")
    by_name = {f"{slug}/{name}/{number}": keys.model_version(pk, number) for slug, name, number, pk in found}
    return {name: key for name, key in by_name.items() if name in asked}


def find_models_by_name(principal: Principal, names: Sequence[str]) -> Mapping[str, str]:
    """The keys of models by ``project/name``. One query."""
    wanted, asked = Q(pk__in=[]), set(names)
    for name in names:
        project, _, model = name.partition("/")
        wanted |= Q(project__slug=project, name=model) if "\0" not in name else Q(pk__in=[])
    models = RegisteredModel.objects.visible_to(principal).active().filter(wanted)
    found = {f"{slug}/{name}": keys.model(pk) for slug, name, pk in models.values_list("project__slug", "name", "pk")}
    return {name: key for name, key in found.items() if name in asked}


def models_apart(principal: Principal) -> Exceptions:
    """The models whose visibility is not that of their project."""
    return exceptions_among(RegisteredModel.objects.all(), principal, "model", inherits="inherit_access")


def _version_page(version: ModelVersion) -> str:
    return reverse("registry:version", args=[version.project.slug, version.model.name, version.number])


def _model_page(model: RegisteredModel) -> str:
    return reverse("registry:model", args=[model.project.slug, model.name])
