"""The scene of tests about answers: two projects, of which most people see one, and lineage that runs through both."""

from collections.abc import Iterable

from accounts.models import Project
from accounts.roles import Action
from audit.operation import bulk_write, require
from lineage import keys
from lineage.facts import Flow, Place, Thing
from lineage.recording import record_facts
from lineage.vocabulary import EdgeKind, EdgeRole, NodeKind


@bulk_write
def note(
    actor, /, project: Project, things: Iterable[Thing] = (), flows: Iterable[Flow] = (), **more
) -> dict[str, int]:
    """Say to the graph what happened in a project."""
    require(Action.VIEW, project)
    return record_facts(Place(project.pk, **more), list(things), list(flows))


def data(name: str, version: int = 1, **more) -> Thing:
    """A version of a dataset."""
    value = f"{version:064x}"
    return Thing(
        NodeKind.DATASET_VERSION, keys.dataset_version("s3", name, "sha256", value), name, digest=value, **more
    )


def run(number: int, **more) -> Thing:
    """A run."""
    return Thing(NodeKind.RUN, keys.run(f"{number:032x}"), f"run-{number}", **more)


def model(number: int, version: int = 1, **more) -> Thing:
    """A version of a model of another registry, so that nobody describes it."""
    return Thing(
        NodeKind.MODEL_VERSION, keys.model_version(f"m{number}", version, registry="there"), f"m{number}", **more
    )


def deployment(number: int, **more) -> Thing:
    """A deployment."""
    return Thing(NodeKind.DEPLOYMENT, keys.deployment(1, f"prod-{number}", 1), f"prod-{number}", **more)


def used(src: Thing, dst: Thing) -> Flow:
    """A run read something."""
    return Flow(src.key, dst.key, EdgeKind.USED, EdgeRole.TRAIN)


def made(src: Thing, dst: Thing) -> Flow:
    """A run made something."""
    return Flow(src.key, dst.key, EdgeKind.GENERATED)


def deployed(src: Thing, dst: Thing) -> Flow:
    """A version was deployed."""
    return Flow(src.key, dst.key, EdgeKind.DEPLOYED)
