"""What somebody may read of the registry: one model, one version, the latest versions, where the bytes lie.

What the actor may not see is answered exactly like what is not there.
"""

from collections.abc import Sequence

from accounts.principals import Principal
from accounts.roles import Action
from registry.exceptions import AliasNotFound, ModelNotFound, VersionNotFound
from registry.loading import load_model, load_version
from registry.models import Lifecycle, ModelVersion, RegisteredModel
from registry.queries import rows
from registry.queries.rows import ModelRow, VersionRow
from registry.rules import Stage, alias_key


def get_model(actor: Principal, project_id: int, name: str) -> ModelRow:
    """A registered model with its tags, aliases and latest versions. Raises ModelNotFound."""
    model = _visible_model(actor, project_id, name)
    rows.add_model_details([model])
    return model


def get_version(actor: Principal, project_id: int, name: str, number: int) -> VersionRow:
    """A version with its tags and aliases. Raises VersionNotFound or ModelNotFound."""
    version = rows.version_by_number(project_id, name, number)
    if version is None or not actor.may(Action.VIEW, version):
        _visible_model(actor, project_id, name)
        raise VersionNotFound(f"Model Version (name={name}, version={number}) not found")
    rows.add_version_details([version])
    return version


def get_version_by_alias(actor: Principal, project_id: int, name: str, alias: str) -> VersionRow:
    """The version that an alias stands for, whatever its case; ``latest`` is the highest of the latest versions.

    Raises ModelNotFound, or AliasNotFound.
    """
    version = rows.version_by_alias(project_id, name, alias_key(alias))
    if version is None or not actor.may(Action.VIEW, version):
        model = _visible_model(actor, project_id, name)
        version = _latest(model) if alias.lower() == "latest" else None
    if version is None:
        raise AliasNotFound(f"Registered model alias {alias} not found.")
    rows.add_version_details([version])
    return version


def get_latest_versions(
    actor: Principal, project_id: int, name: str, stages: Sequence[Stage] = tuple(Stage)
) -> list[VersionRow]:
    """Of each stage the version that entered it last, ordered by number. Raises ModelNotFound."""
    model = _visible_model(actor, project_id, name)
    versions = rows.newest_versions([model.pk], dict.fromkeys(stages))
    rows.add_version_details(versions)
    return versions


def get_download_uri(actor: Principal, project_id: int, name: str, number: int) -> str:
    """Where the bytes of a version lie: the resolved storage location, not what the client called it."""
    version = rows.version_by_number(project_id, name, number)
    if version is None or not actor.may(Action.VIEW, version):
        _visible_model(actor, project_id, name)
        raise VersionNotFound(f"Model Version (name={name}, version={number}) not found")
    return version.location


def describe_version(version: ModelVersion) -> VersionRow:
    """The row of a version that an operation has just answered."""
    (row,) = rows.versions_by_pk([version.pk])
    rows.add_version_details([row])
    return row


def describe_model(model: RegisteredModel) -> ModelRow:
    """The row of a model that an operation has just answered."""
    (row,) = rows.models_by_pk([model.pk])
    rows.add_model_details([row])
    return row


def find_model(actor: Principal, project_id: int, name: str, *, trashed: bool = False) -> RegisteredModel:
    """The model itself, for an operation. Of several in the trash it is the one that went there last.

    Raises ModelNotFound.
    """
    model = load_model(project_id, name, Lifecycle.TRASHED if trashed else Lifecycle.ACTIVE)
    if model is None or not actor.may(Action.VIEW, model):
        raise _model_not_found(name)
    return model


def find_version(actor: Principal, project_id: int, name: str, number: int, *, trashed: bool = False) -> ModelVersion:
    """The version itself, for an operation. Raises VersionNotFound or ModelNotFound."""
    version = load_version(project_id, name, number, Lifecycle.TRASHED if trashed else Lifecycle.ACTIVE)
    if version is None or not actor.may(Action.VIEW, version):
        _visible_model(actor, project_id, name)
        raise VersionNotFound(f"Model Version (name={name}, version={number}) not found")
    return version


def _visible_model(actor: Principal, project_id: int, name: str) -> ModelRow:
    model = rows.model_by_name(project_id, name)
    if model is None or not actor.may(Action.VIEW, model):
        raise _model_not_found(name)
    return model


def _model_not_found(name: str) -> ModelNotFound:
    return ModelNotFound(f"Registered Model with name={name} not found")


def _latest(model: ModelRow) -> VersionRow | None:
    newest = rows.newest_versions([model.pk], Stage)
    return newest[-1] if newest else None
