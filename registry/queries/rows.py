"""Models and versions as pages, REST and the MLflow protocol show them, read by plain SQL.

These are the hottest reads of the house (a stock client asks for a model before every write), and building a query
anew costs more than running it. So the statements stand here once, in words that SQLite and PostgreSQL share.
"""

# ruff: noqa: S608  (statements are put together from the names of our own tables, never from input)

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from accounts.models import User
from accounts.scopes import AccessPath
from registry.models import AliasInterval, ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag
from registry.rules import Stage
from tracking.models import LoggedModel


@dataclass(slots=True)
class VersionRow:
    """A model version. ``aliases`` holds the mirror aliases too."""

    pk: int
    project_id: int
    model_id: int
    model_name: str
    model_inherits: bool
    number: int
    created_at: int
    updated_at: int
    creator_id: int
    creator: str
    description: str
    source: str
    location: str
    run_uid: str
    run_link: str
    logged_model_uid: str
    status: str
    stage: str
    stage_since: int
    content_digest: str
    is_prompt: bool
    quarantined_at: int | None
    tags: dict[str, str] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)

    def access_path(self) -> AccessPath:
        """As the version's own."""
        return AccessPath(
            project_id=self.project_id,
            model_id=self.model_id,
            inherits=self.model_inherits,
            owner_id=self.creator_id,
        )


@dataclass(slots=True)
class ModelRow:
    """A registered model. ``aliases`` maps an alias to the number of its version."""

    pk: int
    project_id: int
    name: str
    description: str
    is_prompt: bool
    owner_id: int
    owner: str
    inherits: bool
    created_at: int
    updated_at: int
    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    latest_versions: list[VersionRow] = field(default_factory=list)

    def access_path(self) -> AccessPath:
        """As the model's own."""
        return AccessPath(project_id=self.project_id, model_id=self.pk, inherits=self.inherits, owner_id=self.owner_id)


_VERSION = ModelVersion._meta.db_table
_MODEL = RegisteredModel._meta.db_table
_ALIAS = AliasInterval._meta.db_table
_USER = User._meta.db_table

_VERSION_COLUMNS = """
SELECT v.id, v.project_id, v.model_id, m.name, m.inherit_access, v.number, v.created_at, v.updated_at, v.creator_id,
       u.username, v.description, v.source, v.location, v.run_uid, v.run_link, COALESCE(l.uid, ''), v.status, v.stage,
       v.stage_since, v.content_digest, v.is_prompt, v.quarantined_at
"""
_VERSION_JOINS = f"""
JOIN {_USER} u ON u.id = v.creator_id LEFT JOIN {LoggedModel._meta.db_table} l ON l.id = v.logged_model_id
"""
_SELECT_VERSION = f"{_VERSION_COLUMNS} FROM {_VERSION} v JOIN {_MODEL} m ON m.id = v.model_id {_VERSION_JOINS}"
# One look-up in an index for each model and stage.
_NEWEST = f"""
{_VERSION_COLUMNS} FROM {_MODEL} m CROSS JOIN (VALUES {{stages}}) s JOIN {_VERSION} v ON v.id = (
    SELECT n.id FROM {_VERSION} n WHERE n.model_id = m.id AND n.stage = s.column1 AND n.lifecycle = 'active'
    ORDER BY n.stage_since DESC, n.number DESC LIMIT 1
) {_VERSION_JOINS} WHERE m.id IN {{models}} ORDER BY v.number
"""
_SELECT_MODEL = f"""
SELECT m.id, m.project_id, m.name, m.description, m.is_prompt, m.owner_id, u.username, m.inherit_access, m.created_at,
       m.updated_at
FROM {_MODEL} m JOIN {_USER} u ON u.id = m.owner_id
"""
_ACTIVE_MODEL = "m.project_id = %s AND m.name = %s AND m.lifecycle = 'active'"
_MODEL_BY_NAME = f"{_SELECT_MODEL} WHERE {_ACTIVE_MODEL}"
_VERSION_BY_NUMBER = f"{_SELECT_VERSION} WHERE {_ACTIVE_MODEL} AND v.number = %s AND v.lifecycle = 'active'"
_VERSION_BY_ALIAS = f"""{_SELECT_VERSION} JOIN {_ALIAS} a ON a.version_id = v.id
WHERE {_ACTIVE_MODEL} AND a.model_id = m.id AND a.key = %s AND a.until IS NULL AND v.lifecycle = 'active'"""
_VERSIONS_BY_PK = f"{_SELECT_VERSION} WHERE v.id IN "
_MODELS_BY_PK = f"{_SELECT_MODEL} WHERE m.id IN "
_MODEL_TAGS = f"SELECT model_id, 0, key, value, 0 FROM {RegisteredModelTag._meta.db_table} WHERE model_id IN "
_MODEL_ALIASES = f"""
SELECT a.model_id, 1, a.alias, '', v.number FROM {_ALIAS} a JOIN {_VERSION} v ON v.id = a.version_id
WHERE a.until IS NULL AND a.model_id IN """
_TAGS = f"SELECT version_id, 0, key, value FROM {ModelVersionTag._meta.db_table} WHERE version_id IN "
_ALIASES = f"SELECT version_id, 1, alias, '' FROM {_ALIAS} WHERE until IS NULL AND version_id IN "
_BY_KEY = " ORDER BY 3"


def model_by_name(project_id: int, name: str) -> ModelRow | None:
    """The active model of that name, without its tags, aliases and versions."""
    return next((_to_model(row) for row in _fetch(_MODEL_BY_NAME, [project_id, name])), None)


def version_by_number(project_id: int, name: str, number: int) -> VersionRow | None:
    """The active version, without its tags and aliases."""
    return _version(_VERSION_BY_NUMBER, [project_id, name, number])


def version_by_alias(project_id: int, name: str, key: str) -> VersionRow | None:
    """The version that an alias (by its `alias_key`) stands for, without its tags and aliases."""
    return _version(_VERSION_BY_ALIAS, [project_id, name, key])


def models_by_pk(pks: Sequence[int]) -> list[ModelRow]:
    """Models in the order of ``pks``, without their tags, aliases and versions."""
    found = {row[0]: _to_model(row) for row in _fetch_many(_MODELS_BY_PK, pks)}
    return [found[pk] for pk in pks]


def versions_by_pk(pks: Sequence[int]) -> list[VersionRow]:
    """Versions in the order of ``pks``, also from the trash, without their tags and aliases."""
    found = {row[0]: _to_version(row) for row in _fetch_many(_VERSIONS_BY_PK, pks)}
    return [found[pk] for pk in pks]


def newest_versions(model_ids: Sequence[int], stages: Iterable[Stage]) -> list[VersionRow]:
    """Of each model and stage the version that entered it last, by number; the cost does not grow with the versions."""
    wanted = ", ".join(f"('{stage.value}')" for stage in stages)
    if not wanted:
        return []
    newest: list[VersionRow] = []
    for pks in _chunks(model_ids):
        newest += map(_to_version, _fetch(_NEWEST.format(stages=wanted, models=_marks(pks)), pks))
    return newest


def add_model_details(models: Sequence[ModelRow]) -> None:
    """Fill in tags, aliases and latest versions (these with their tags)."""
    by_pk = {model.pk: model for model in models}
    for pks in _chunks(list(by_pk)):
        sql = f"{_MODEL_TAGS}{_marks(pks)} UNION ALL {_MODEL_ALIASES}{_marks(pks)}{_BY_KEY}"
        for pk, is_alias, key, value, number in _fetch(sql, [*pks, *pks]):
            if is_alias:
                by_pk[pk].aliases[key] = number
            else:
                by_pk[pk].tags[key] = value
    newest = newest_versions(list(by_pk), Stage)
    add_version_details(newest, aliases=False)
    for version in newest:
        by_pk[version.model_id].latest_versions.append(version)


def add_version_details(versions: Sequence[VersionRow], *, aliases: bool = True) -> None:
    """Fill in tags, and aliases where they are shown."""
    by_pk = {version.pk: version for version in versions}
    for pks in _chunks(list(by_pk)):
        sql, params = f"{_TAGS}{_marks(pks)}", [*pks]
        if aliases:
            sql, params = f"{sql} UNION ALL {_ALIASES}{_marks(pks)}", [*pks, *pks]
        for pk, is_alias, key, value in _fetch(sql + _BY_KEY, params):
            if is_alias:
                by_pk[pk].aliases.append(key)
            else:
                by_pk[pk].tags[key] = value


def _to_model(row: Sequence[Any]) -> ModelRow:
    model = ModelRow(*row)
    model.is_prompt, model.inherits = bool(model.is_prompt), bool(model.inherits)
    return model


def _version(sql: str, params: list[Any]) -> VersionRow | None:
    return next((_to_version(row) for row in _fetch(sql, params)), None)


def _to_version(row: Sequence[Any]) -> VersionRow:
    version = VersionRow(*row)
    # SQLite knows no booleans.
    version.model_inherits, version.is_prompt = bool(version.model_inherits), bool(version.is_prompt)
    return version


def _fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _fetch_many(sql: str, pks: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    for chunk in _chunks(pks):
        yield from _fetch(sql + _marks(chunk), chunk)


def _chunks(pks: Sequence[int], size: int = 400) -> Iterator[Sequence[int]]:
    """SQLite takes a limited number of parameters at once."""
    return (pks[start : start + size] for start in range(0, len(pks), size))


def _marks(pks: Sequence[int]) -> str:
    return f"({', '.join(['%s'] * len(pks))})"
