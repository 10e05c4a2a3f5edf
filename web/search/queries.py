"""Searches everything at once: a few queries for every kind of thing, however much of it there is."""

from collections.abc import Callable, Iterable

from accounts.principals import Principal
from web.search import (
    account_finders as accounts,
    deployment_finders as deployments,
    registry_finders as registry,
    tracking_finders as tracking,
)
from web.search.hits import Group, Hit, Kind
from web.search.meaning import Meaning, read

Finder = Callable[[Principal, Meaning, int], list[Hit]]

_FINDERS: dict[Kind, Finder] = {
    Kind.MODELS: registry.find_models,
    Kind.VERSIONS: registry.find_versions,
    Kind.EXPERIMENTS: tracking.find_experiments,
    Kind.RUNS: tracking.find_runs,
    Kind.LOGGED_MODELS: tracking.find_logged_models,
    Kind.DATASETS: tracking.find_datasets,
    Kind.COMMITS: tracking.find_commits,
    Kind.FILES: tracking.find_files,
    Kind.ENVIRONMENTS: deployments.find_environments,
    Kind.DEPLOYMENTS: deployments.find_deployments,
    Kind.PROJECTS: accounts.find_projects,
    Kind.TEAMS: accounts.find_teams,
    Kind.PEOPLE: accounts.find_people,
}


def search(principal: Principal, text: str, *, kinds: Iterable[Kind] = Kind, limit: int = 5) -> list[Group]:
    """What ``principal`` may see and the text could mean, in groups of up to ``limit`` hits; empty groups are left out.

    What the text names comes before what merely sounds like it.
    """
    meaning = read(text)
    if not meaning.text:
        return []
    meant = _meant(meaning)
    groups = [_group(principal, meaning, kind, limit) for kind in Kind if kind in set(kinds)]
    return sorted((group for group in groups if group.hits), key=lambda group: group.kind is not meant)


def only_hit(principal: Principal, text: str) -> Hit | None:
    """The one thing that an address, URI or name of a version means; None when it means none or several."""
    meaning = read(text)
    meant = _meant(meaning)
    hits = _FINDERS[meant](principal, meaning, 2) if meant else []
    return hits[0] if len(hits) == 1 else None


def _group(principal: Principal, meaning: Meaning, kind: Kind, limit: int) -> Group:
    hits = _FINDERS[kind](principal, meaning, limit + 1)
    return Group(kind, hits[:limit], more=len(hits) > limit)


def _meant(meaning: Meaning) -> Kind | None:
    """The kind that a text means and does not merely sound like."""
    if meaning.names_version:
        return Kind.VERSIONS
    if not meaning.exact:
        return None
    if meaning.run:
        return Kind.RUNS
    if meaning.logged_model:
        return Kind.LOGGED_MODELS
    return Kind.MODELS if meaning.model else Kind.EXPERIMENTS
