# ruff: noqa: S608  (statements are put together from the names of our own columns, never from input)
"""Loads models, versions and what made them as instances, for operations.

Plain SQL, made once: Django would make it anew each time, which costs more than running it.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from django.db import connection, models

from registry.models import Lifecycle, ModelVersion, RegisteredModel
from registry.rules import Stage
from tracking.models import Experiment, LoggedModel, Run

M = TypeVar("M", bound=models.Model)
K = TypeVar("K", Run, LoggedModel)


def _columns(model: type[models.Model], alias: str) -> str:
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


_FROM_MODEL: Final = f"SELECT {_columns(RegisteredModel, 'm')} FROM {RegisteredModel._meta.db_table} m"
_FROM_VERSION: Final = f"""
SELECT {_columns(ModelVersion, "v")}, {_columns(RegisteredModel, "m")} FROM {ModelVersion._meta.db_table} v
JOIN {RegisteredModel._meta.db_table} m ON m.id = v.model_id
"""
_MODEL_BY_NAME: Final = f"{_FROM_MODEL} WHERE m.project_id = %s AND m.name = %s AND m.lifecycle = %s"
_LAST_CHANGED: Final = " ORDER BY m.updated_at DESC, m.id DESC LIMIT 1"
_MODEL_BY_PK: Final = f"{_FROM_MODEL} WHERE m.id = %s"
_VERSION_BY_NUMBER: Final = f"""
{_FROM_VERSION} WHERE m.project_id = %s AND m.name = %s AND m.lifecycle = 'active'
AND v.number = %s AND v.lifecycle = %s
"""
_VERSIONS_IN_STAGE: Final = f"""
SELECT {_columns(ModelVersion, "v")} FROM {ModelVersion._meta.db_table} v
WHERE v.model_id = %s AND v.stage = %s AND v.lifecycle = 'active' ORDER BY v.stage_since DESC, v.number DESC
"""
_LAST_CARD: Final = f"""
SELECT card_id FROM {ModelVersion._meta.db_table} WHERE model_id = %s AND lifecycle = 'active'
ORDER BY number DESC LIMIT 1
"""
_VERSION_BY_PK: Final = f"{_FROM_VERSION} WHERE v.id = %s"
_FROM_MAKER: Final = {
    maker: f"SELECT {_columns(maker, 'k')}, {_columns(Experiment, 'e')} FROM {maker._meta.db_table} k "
    f"JOIN {Experiment._meta.db_table} e ON e.id = k.experiment_id"
    for maker in (Run, LoggedModel)
}


def load_model(project_id: int, name: str, lifecycle: Lifecycle) -> RegisteredModel | None:
    """The model of that name; of several in the trash, the one that went there last."""
    row = _fetch(_MODEL_BY_NAME + _LAST_CHANGED, [project_id, name, str(lifecycle)])
    return _instance(RegisteredModel, row) if row else None


def load_version(project_id: int, name: str, number: int, lifecycle: Lifecycle) -> ModelVersion | None:
    """The version of an active model, with its model."""
    row = _fetch(_VERSION_BY_NUMBER, [project_id, name, number, str(lifecycle)])
    return _version(row) if row else None


def lock_model(pk: int) -> RegisteredModel:
    """The model, held until the transaction ends."""
    row = _fetch(_MODEL_BY_PK + _lock_of("m"), [pk])
    assert row is not None
    return _instance(RegisteredModel, row)


def lock_version(pk: int) -> ModelVersion:
    """The version, held until the transaction ends, with its model, which is not held."""
    row = _fetch(_VERSION_BY_PK + _lock_of("v"), [pk])
    assert row is not None
    return _version(row)


def lock_versions_in(model: RegisteredModel, stage: Stage) -> list[ModelVersion]:
    """The versions of a held model that are in a stage, the one that entered it last first, held too."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSIONS_IN_STAGE + _lock_of("v"), [model.pk, str(stage)])
        rows = cursor.fetchall()
    versions = [_instance(ModelVersion, row) for row in rows]
    for version in versions:
        version.model = model
    return versions


def newest_in(model_id: int, stage: Stage) -> int | None:
    """The key of the version that entered a stage last."""
    row = _fetch(f"{_VERSIONS_IN_STAGE} LIMIT 1", [model_id, str(stage)])
    return int(row[0]) if row else None


def last_card(model_id: int) -> int | None:
    """The key of the card of the model's last version, from which the next one starts."""
    row = _fetch(_LAST_CARD, [model_id])
    return row[0] if row else None


def load_run(uid: str) -> Run | None:
    """The run of any project, deleted or not, with its experiment."""
    row = _fetch(f"{_FROM_MAKER[Run]} WHERE k.uid = %s", [uid])
    return _maker(Run, row) if row else None


def lock_maker(kind: type[K], pk: int) -> K:
    """A run or logged model, held with its experiment; but not against those who only add rows that point to them."""
    no_key = " FOR NO KEY UPDATE OF k, e" if connection.features.has_select_for_update else ""
    row = _fetch(f"{_FROM_MAKER[kind]} WHERE k.id = %s{no_key}", [pk])
    assert row is not None
    return _maker(kind, row)


def _lock_of(alias: str) -> str:
    """Holds a row, but not against those who only add rows that point to it: they would wait for each other in a ring.

    SQLite needs no lock of a row: a transaction that writes is the only one.
    """
    return f" FOR NO KEY UPDATE OF {alias}" if connection.features.has_select_for_update else ""


def _fetch(sql: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _version(row: tuple[Any, ...]) -> ModelVersion:
    width = len(ModelVersion._meta.concrete_fields)
    version = _instance(ModelVersion, row[:width])
    version.model = _instance(RegisteredModel, row[width:])
    return version


def _maker(kind: type[K], row: tuple[Any, ...]) -> K:
    width = len(kind._meta.concrete_fields)
    maker = _instance(kind, row[:width])
    maker.experiment = _instance(Experiment, row[width:])
    return maker


def _instance(model: type[M], row: Sequence[Any]) -> M:
    return model.from_db(connection.alias, [field.attname for field in model._meta.concrete_fields], row)
