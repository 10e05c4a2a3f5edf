"""Where to see an object that the log or a search hit names: addresses of pages, for those who may open them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.urls import reverse

from accounts.models import Project, Team, User
from accounts.principals import Principal
from audit.queries import EventView, mentioned_in
from deployments.models import Alert, Deployment, Environment
from registry.models import Lifecycle, ModelVersion, RegisteredModel
from tracking.models import Experiment, LoggedModel, Run

#: An object as the log names it: its kind and its uid.
Name = tuple[str, str]

_TEXT = TextField()
_NONE = Value("", output_field=_TEXT)
_ZERO = Value(0, output_field=IntegerField())


def with_links(principal: Principal, views: Iterable[EventView]) -> list[EventView]:
    """The events, with the addresses of what their sentences name; one query, however many there are."""
    shown = list(views)
    urls = urls_of(principal, mentioned_in(shown))
    return [replace(view, urls=urls) for view in shown]


def urls_of(principal: Principal, named: Iterable[Name]) -> dict[Name, str]:
    """The pages of these objects that ``principal`` may open; at most one query, whatever their kinds."""
    uids: dict[str, set[str]] = defaultdict(set)
    for kind, uid in named:
        uids[kind].add(uid)
    found = {("user", principal.uid): reverse("accounts:profile")} if principal.uid in uids["user"] else {}
    uids["user"].discard(principal.uid)
    arms = list(_arms(principal, uids))
    if arms:
        first, *others = arms
        for kind, uid, project, name, number in first.union(*others, all=True) if others else first:
            found[kind, uid] = _ADDRESSES[kind](uid, project, name, number)
    _repeat(found, "run", "artifact_space")
    _repeat(found, "logged_model", "artifact_space")
    _repeat(found, "registered_model", "model")
    return found


def _repeat(found: dict[Name, str], kind: str, as_kind: str) -> None:
    """Let objects be found under another kind too: artifacts are known by their owner, models as scopes of roles."""
    found |= {(as_kind, uid): url for (known, uid), url in found.items() if known == kind}


def run_url(uid: str) -> str:
    """The page of a run."""
    return reverse("tracking:run", args=[uid])


def run_artifacts_url(uid: str, path: str = "") -> str:
    """The artifacts of a run, opened at a path."""
    address = reverse("tracking:run-artifacts", args=[uid])
    return f"{address}?{urlencode({'path': path})}" if path else address


def models_of_url(username: str) -> str:
    """The models that somebody owns."""
    return f"{reverse('registry:models')}?{urlencode({'owner': username})}"


def experiment_url(pk: int | str, runs: str = "") -> str:
    """The page of an experiment, with the runs that a filter keeps."""
    address = reverse("tracking:experiment", args=[pk])
    return f"{address}?{urlencode({'q': runs})}" if runs else address


def logged_model_url(uid: str) -> str:
    """The page of a logged model."""
    return reverse("tracking:logged-model", args=[uid])


def model_url(project: str, name: str) -> str:
    """The page of a registered model."""
    return reverse("registry:model", args=[project, name])


def version_url(project: str, name: str, number: int) -> str:
    """The page of a model version."""
    return reverse("registry:version", args=[project, name, number])


_ADDRESSES: dict[str, Callable[[str, str, str, int], str]] = {
    "run": lambda uid, project, name, number: run_url(uid),
    "logged_model": lambda uid, project, name, number: logged_model_url(uid),
    "experiment": lambda uid, project, name, number: experiment_url(uid),
    "registered_model": lambda uid, project, name, number: model_url(project, name),
    "model_version": lambda uid, project, name, number: version_url(project, name, number),
    "environment": lambda uid, project, name, number: reverse("deployments:environment", args=[uid]),
    "deployment": lambda uid, project, name, number: reverse("deployments:deployment", args=[uid]),
    "deployment_alert": lambda uid, project, name, number: reverse("deployments:alert", args=[uid]),
    "project": lambda uid, project, name, number: reverse("accounts:project", args=[project]),
    "team": lambda uid, project, name, number: reverse("accounts:team", args=[uid]),
    "user": lambda uid, project, name, number: reverse(
        "accounts:person" if name == "human" else "accounts:service-account", args=[uid]
    ),
}


def _arms(principal: Principal, uids: dict[str, set[str]]) -> Iterator[QuerySet[Any]]:
    """A query for every kind that is asked for; all give the same columns, so that they can be one."""
    spaces = uids["artifact_space"]
    if runs := uids["run"] | {uid for uid in spaces if not uid.startswith("m-")}:
        yield _arm("run", Run.objects.visible_to(principal).filter(uid__in=runs), uid="uid")
    if logged := uids["logged_model"] | {uid for uid in spaces if uid.startswith("m-")}:
        yield _arm("logged_model", LoggedModel.objects.visible_to(principal).filter(uid__in=logged), uid="uid")
    if numbers := _numbers(uids["experiment"]):
        yield _arm("experiment", Experiment.objects.visible_to(principal).filter(pk__in=numbers))
    if numbers := _numbers(uids["registered_model"] | uids["model"]):
        models = RegisteredModel.objects.active().visible_to(principal).filter(pk__in=numbers)
        yield _arm("registered_model", models, project="project__slug", name="name")
    if numbers := _numbers(uids["model_version"]):
        versions = ModelVersion.objects.active().visible_to(principal).filter(pk__in=numbers)
        there = versions.filter(model__lifecycle=Lifecycle.ACTIVE)
        yield _arm("model_version", there, project="project__slug", name="model__name", number="number")
    yield from _arms_of_deployments(principal, uids)
    yield from _arms_of_accounts(principal, uids)


def _arms_of_deployments(principal: Principal, uids: dict[str, set[str]]) -> Iterator[QuerySet[Any]]:
    if numbers := _numbers(uids["environment"]):
        yield _arm("environment", Environment.objects.visible_to(principal).filter(pk__in=numbers))
    if numbers := _numbers(uids["deployment"]):
        yield _arm("deployment", Deployment.objects.visible_to(principal).filter(pk__in=numbers))
    if numbers := _numbers(uids["deployment_alert"]):
        yield _arm("deployment_alert", Alert.objects.visible_to(principal).filter(pk__in=numbers))


def _arms_of_accounts(principal: Principal, uids: dict[str, set[str]]) -> Iterator[QuerySet[Any]]:
    if numbers := _numbers(uids["project"]):
        yield _arm("project", Project.objects.visible_to(principal).filter(pk__in=numbers), project="slug")
    if numbers := _numbers(uids["team"]):
        yield _arm("team", Team.objects.active().visible_to(principal).filter(pk__in=numbers))
    sees_people = principal.may_administer or principal.sees_everything
    if sees_people and (people := {uid for uid in uids["user"] if not uid.startswith("sys_")}):
        yield _arm("user", User.objects.filter(uid__in=people), uid="uid", name="kind")


def _arm(
    kind: str, rows: QuerySet[Any], *, uid: str = "pk", project: str = "", name: str = "", number: str = ""
) -> QuerySet[Any]:
    columns = {
        "_kind": Value(kind, output_field=_TEXT),
        "_uid": Cast(uid, _TEXT),
        "_project": Cast(project, _TEXT) if project else _NONE,
        "_name": Cast(name, _TEXT) if name else _NONE,
        "_number": Cast(F(number), IntegerField()) if number else _ZERO,
    }
    named: QuerySet[Any] = rows.order_by().annotate(**columns).values_list(*columns)
    return named


def _numbers(uids: set[str]) -> list[int]:
    return [int(uid) for uid in uids if uid.isascii() and uid.isdigit()]
