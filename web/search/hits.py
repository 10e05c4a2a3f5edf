"""What a search finds: hits in groups, one group for each kind of thing."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be searched for, in the order in which it is shown."""

    MODELS = "models"
    VERSIONS = "versions"
    EXPERIMENTS = "experiments"
    RUNS = "runs"
    LOGGED_MODELS = "logged-models"
    DATASETS = "datasets"
    COMMITS = "commits"
    FILES = "files"
    ENVIRONMENTS = "environments"
    DEPLOYMENTS = "deployments"
    PROJECTS = "projects"
    TEAMS = "teams"
    PEOPLE = "people"


LABELS = {
    Kind.MODELS: "Models",
    Kind.VERSIONS: "Model versions",
    Kind.EXPERIMENTS: "Experiments",
    Kind.RUNS: "Runs",
    Kind.LOGGED_MODELS: "Logged models",
    Kind.DATASETS: "Datasets",
    Kind.COMMITS: "Commits",
    Kind.FILES: "Files",
    Kind.ENVIRONMENTS: "Environments",
    Kind.DEPLOYMENTS: "Deployments",
    Kind.PROJECTS: "Projects",
    Kind.TEAMS: "Teams",
    Kind.PEOPLE: "People",
}
ICONS = {
    Kind.MODELS: "package",
    Kind.VERSIONS: "versions",
    Kind.EXPERIMENTS: "flask",
    Kind.RUNS: "player-play",
    Kind.LOGGED_MODELS: "box",
    Kind.DATASETS: "database",
    Kind.COMMITS: "git-commit",
    Kind.FILES: "file",
    Kind.ENVIRONMENTS: "server",
    Kind.DEPLOYMENTS: "rocket",
    Kind.PROJECTS: "folder",
    Kind.TEAMS: "users-group",
    Kind.PEOPLE: "user",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. ``id`` is how the API names it; ``at`` (milliseconds) is when it changed."""

    kind: Kind
    id: str
    title: str
    url: str
    detail: str = ""
    stage: str = ""
    status: str = ""
    at: int | None = None

    @property
    def icon(self) -> str:
        """The drawing of its kind."""
        return ICONS[self.kind]


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind; ``more`` tells that there are others."""

    kind: Kind
    hits: list[Hit]
    more: bool = False

    @property
    def label(self) -> str:
        """The kind in words."""
        return LABELS[self.kind]
