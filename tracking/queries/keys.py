"""Which metrics, params and tags the runs of an experiment have, and with which values.

An index holds every key (and value) once for each run. It is not read as a whole: from each distinct one the database
jumps to the next, so that the cost grows with how many different ones there are, not with the number of runs.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from tracking.expressions import INDEXED_CHARACTERS

#: So many keys of a family are known, and so many values of a key.
MOST_KEYS: Final = 1_000
MOST_VALUES: Final = 200

_TABLES: Final = {"metric": "tracking_latestmetric", "param": "tracking_param", "tag": "tracking_runtag"}
_WALK: Final = """
{name} (word, place) AS (
    SELECT (SELECT {word} FROM {table} WHERE {where} ORDER BY {word} LIMIT 1), 1
    UNION ALL
    SELECT (SELECT {word} FROM {table} WHERE {where} AND {word} > {name}.word ORDER BY {word} LIMIT 1), place + 1
    FROM {name} WHERE {name}.word IS NOT NULL AND place < {most}
)
"""
_START: Final = {
    "sqlite": f"SUBSTR(value, 1, {INDEXED_CHARACTERS})",
    "postgresql": f"LEFT(value, {INDEXED_CHARACTERS})",
}


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an experiment's runs, sorted."""

    metrics: tuple[str, ...]
    params: tuple[str, ...]
    tags: tuple[str, ...]

    def containing(self, part: str) -> "Keys":
        """Those that contain ``part`` without regard to case, the ones that begin with it first."""
        return Keys(*(_containing(keys, part.lower()) for keys in (self.metrics, self.params, self.tags)))


def keys_of_experiment(experiment_id: int) -> Keys:
    """The keys that the runs of an experiment have, deleted runs included. One query."""
    walks = [
        _WALK.format(name=f"{family}_keys", word="key", table=table, where="experiment_id = %s", most=MOST_KEYS)
        for family, table in _TABLES.items()
    ]
    selects = [f"SELECT '{family}', word FROM {family}_keys WHERE word IS NOT NULL" for family in _TABLES]  # noqa: S608
    rows = _fetch(f"WITH RECURSIVE {','.join(walks)} {' UNION ALL '.join(selects)}", [experiment_id] * 6)
    found: dict[str, list[str]] = {family: [] for family in _TABLES}
    for family, key in rows:
        found[family].append(key)
    return Keys(*(tuple(sorted(keys)) for keys in found.values()))


def values_in_experiment(experiment_id: int, family: str, key: str) -> list[str]:
    """The different values (the beginning of long ones) of a param or tag in an experiment, sorted. One query."""
    if "\x00" in key:
        return []
    where = "experiment_id = %s AND key = %s"
    start = _START[connection.vendor]
    walk = _WALK.format(name="found", word=start, table=_TABLES[family], where=where, most=MOST_VALUES)
    rows = _fetch(f"WITH RECURSIVE {walk} SELECT word FROM found WHERE word IS NOT NULL", [experiment_id, key] * 2)  # noqa: S608
    return sorted(value for (value,) in rows)


def _containing(keys: tuple[str, ...], part: str) -> tuple[str, ...]:
    found = [key for key in keys if part in key.lower()]
    return tuple(sorted(found, key=lambda key: not key.lower().startswith(part)))


def _fetch(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
