"""Telling the graph what an operation on a deployment stores, within the same transaction.

A deployment is in the graph from when it is first active: what was asked for and never ran has made nothing.
"""

import time

from accounts.models import User
from deployments.models import Deployment, DeploymentState
from lineage import keys
from lineage.facts import Flow, Place, Thing
from lineage.models import Mark, Node, Scope
from lineage.recording import record_facts
from lineage.vocabulary import EdgeKind, MarkKind, NodeKind
from registry.lineage.telling import place_of as place_of_model, version_thing

_MS = 1_000_000


def capture_state(deployment: Deployment, actor: User | None) -> None:
    """A deployment entered a state."""
    if deployment.state == DeploymentState.ACTIVE:
        _begin(deployment)
    elif not deployment.is_open:
        _end(deployment, actor or deployment.actor)


def key_of(deployment: Deployment) -> str:
    """Its key in the graph."""
    return keys.deployment(deployment.environment_id, deployment.target, deployment.pk)


def _begin(deployment: Deployment) -> None:
    version = deployment.version
    version.model = deployment.model
    thing = Thing(
        NodeKind.DEPLOYMENT,
        key_of(deployment),
        f"{deployment.target} in {deployment.environment.name}",
        at=deployment.updated_at,
        props={"image_digest": deployment.image_digest} if deployment.image_digest else {},
    )
    made_of = version_thing(version)
    flow = Flow(made_of.key, thing.key, EdgeKind.DEPLOYED, at=deployment.updated_at)
    record_facts(_place_of(deployment), [thing, made_of], [flow])


def _end(deployment: Deployment, actor: User) -> None:
    node = Node.objects.with_keys([key_of(deployment)]).values_list("pk", flat=True).first()
    if node is not None:
        Mark.objects.create(
            node_id=node,
            kind=MarkKind.ENDED,
            at=deployment.closed_at or deployment.updated_at,
            recorded_at=time.time_ns() // _MS,
            actor=actor,
        )


def _place_of(deployment: Deployment) -> Place:
    """Where rights on it come from: see `Deployment.access_path`."""
    if deployment.model.project_id == deployment.project_id:
        return place_of_model(deployment.model)
    return Place(deployment.project_id, Scope.Kind.PROJECT)
