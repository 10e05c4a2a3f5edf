"""Searches everything at once: a few queries for every kind of thing, however much of it there is."""

from collections.abc import Callable, Iterable

from accounts.principals import Principal
from web.search import account_finders as accounts, registry_finders as registry, tracking_finders as tracking
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
    Kind.PROJECTS: accounts.find_projects,
    Kind.TEAMS: accounts.find_teams,
    Kind.PEOPLE: accounts.find_people,
}


def search(principal: Principal, text: str, *, kinds: Iterable[Kind] = Kind, limit: int = 5) -> list[Group]:
    """What ``principal`` may see and the text could mean, in groups of up to ``limit`` hits; empty groups are left out.

    A text that names one version comes before everything else that sounds like it.
    """
    meaning = read(text)
    if not meaning.text:
        return []
    groups = [_group(principal, meaning, kind, limit) for kind in Kind if kind in set(kinds)]
    return sorted((group for group in groups if group.hits), key=lambda group: _place(group, meaning))


def _group(principal: Principal, meaning: Meaning, kind: Kind, limit: int) -> Group:
    hits = _FINDERS[kind](principal, meaning, limit + 1)
    return Group(kind, hits[:limit], more=len(hits) > limit)


def _place(group: Group, meaning: Meaning) -> bool:
    return not (group.kind is Kind.VERSIONS and meaning.names_version)
