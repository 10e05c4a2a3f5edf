"""What deployments say on the pages of models and versions: where they run, and that a version can be deployed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.db.models import Case, Value, When
from django.urls import reverse

from accounts.principals import Principal
from accounts.roles import Action
from deployments.models import Deployment
from deployments.queries import whole_deployments
from deployments.querysets import DeploymentQuerySet
from registry.models import ModelVersion, RegisteredModel
from registry.rules import Stage
from registry.sections import NextStep, Section

_TEMPLATE: Final = "deployments/_runs_where.html"
_SHOWN: Final = 8
_OF_MODEL: Final = "No version of it runs anywhere that this server knows of."
_OF_VERSION: Final = "Nobody has deployed it yet."


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The deployments of a model or version; ``versions`` when they are of several, ``url`` where all of them are."""

    rows: list[Deployment]
    nothing: str
    url: str
    versions: bool


def of_model(reader: Principal, model: RegisteredModel) -> Section:
    """Where versions of a model run or are about to; one query."""
    rows = list(_newest(whole_deployments().visible_to(reader).filter(model=model).open()))
    return Section(_TEMPLATE, Whereabouts(rows, _OF_MODEL, _board_of(model), versions=True))


def of_version(reader: Principal, version: ModelVersion) -> Section:
    """Where a version runs or ran; one query."""
    rows = list(_newest(whole_deployments().visible_to(reader).filter(version=version)))
    return Section(_TEMPLATE, Whereabouts(rows, _OF_VERSION, _board_of(version.model) if rows else "", versions=False))


def steps(reader: Principal, version: ModelVersion) -> Iterator[NextStep]:
    """Offers to deploy a version in use to whoever may."""
    if version.stage != Stage.ARCHIVED and reader.may(Action.DEPLOY, version):
        yield NextStep("Deploy", deploy_url(version), "rocket")


def deploy_url(version: ModelVersion) -> str:
    """The page on which a version is deployed; its model and project are loaded."""
    return reverse("deployments:deploy", args=[version.model.project.slug, version.model.name, version.number])


def _board_of(model: RegisteredModel) -> str:
    return f"{reverse('deployments:board')}?{urlencode({'model': f'{model.project.slug}/{model.name}', 'days': 365})}"


def _newest(deployments: DeploymentQuerySet) -> DeploymentQuerySet:
    """What runs first, then what is on its way, then the newest."""
    rank = Case(When(state="active", then=Value(0)), When(closed_at=None, then=Value(1)), default=Value(2))
    return deployments.order_by(rank, "-pk")[:_SHOWN]
