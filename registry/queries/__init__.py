"""Reads of the registry; what the actor may not see is answered like what is not there."""

from registry.queries.history import Stay, live_history, stage_at, stage_history, stays_at, version_of_alias_at
from registry.queries.reads import (
    describe_model,
    describe_version,
    find_model,
    find_version,
    get_download_uri,
    get_latest_versions,
    get_model,
    get_version,
    get_version_by_alias,
)
from registry.queries.rows import ModelRow, VersionRow
from registry.queries.search import MOST_MODELS, MOST_VERSIONS, search_models, search_versions

__all__ = [
    "MOST_MODELS",
    "MOST_VERSIONS",
    "ModelRow",
    "Stay",
    "VersionRow",
    "describe_model",
    "describe_version",
    "find_model",
    "find_version",
    "get_download_uri",
    "get_latest_versions",
    "get_model",
    "get_version",
    "get_version_by_alias",
    "live_history",
    "search_models",
    "search_versions",
    "stage_at",
    "stage_history",
    "stays_at",
    "version_of_alias_at",
]
