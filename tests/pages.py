"""Where all pages are: every route of the pages' apps with the estate's things in it, and addresses with questions.

A new route is walked by itself when its parameters are known here; otherwise `addresses` says which one is missing.
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from approvals.queries import newest_revision
from tests.estate import Estate

_APPS = ("web", "accounts", "tracking", "registry", "approvals", "deployments", "notifications", "lineage")
#: For people who have not signed in, or of the moment: walked by tests of their own.
_APART = {"accounts:set-up", "accounts:sign-in", "accounts:first-token"}
#: Of these the address says which runs are meant.
_OF_CHOSEN = {"tracking:tag-runs", "tracking:delete-runs", "tracking:restore-runs"}


def addresses(estate: Estate) -> list[str]:
    """Every address below the pages' apps that a GET may be sent to, be it a page or not."""
    named = (_filled(name, parameters, estate) for name, parameters in _routes() if name not in _APART)
    return [*named, *_questions(estate)]


def is_page(answer: HttpResponse) -> bool:
    """Whether an answer is a whole page of the site and not a part of one, a file or data."""
    return answer.headers.get("Content-Type", "").startswith("text/html") and b"<html" in answer.content[:300]


def _routes() -> Iterator[tuple[str, list[str]]]:
    """The full name of each route, and what its parameters are called."""
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and resolver.namespace in _APPS:
            for pattern in resolver.url_patterns:
                assert isinstance(pattern, URLPattern)
                yield f"{resolver.namespace}:{pattern.name}", list(pattern.pattern.regex.groupindex)


def _filled(name: str, parameters: list[str], estate: Estate) -> str:
    app, _, short = name.partition(":")
    values = _VALUES[app](short, estate)
    unknown = [parameter for parameter in parameters if parameter not in values]
    assert not unknown, f"tests/pages.py does not know {unknown} of {name}"
    address = reverse(name, kwargs={parameter: values[parameter] for parameter in parameters})
    if name == "lineage:waive-recall":
        return f"{address}?{urlencode({'key': estate.bad_model})}"
    return f"{address}?run={estate.runs[0]}" if name in _OF_CHOSEN else address


def _nothing(name: str, estate: Estate) -> dict[str, object]:
    return {}


def _of_accounts(name: str, estate: Estate) -> dict[str, object]:
    uid = estate.robot.uid if "service" in name else estate.grace.uid
    pk = estate.binding.pk if name == "revoke-role" else estate.team.pk
    values: dict[str, object] = {"slug": estate.project.slug, "uid": uid, "pk": pk, "scope": "model"}
    if name.startswith("object-"):
        values["pk"] = estate.model.pk
    if name == "revoke-token":
        values["uid"] = estate.token.uid
    if name == "end-session":
        values["uid"] = estate.session.uid
    return values


def _of_tracking(name: str, estate: Estate) -> dict[str, object]:
    uid = estate.parent if "children" in name else estate.runs[0]
    if name == "run-restore":
        uid = estate.trashed_run
    if name.startswith("logged-model"):
        uid = estate.logged_model
    pk = estate.trashed_experiment.pk if name == "restore-experiment" else estate.experiment.pk
    return {"uid": uid, "pk": pk, "view": estate.view.pk}


def _of_registry(name: str, estate: Estate) -> dict[str, object]:
    version = estate.trashed_version if name == "version-restore" else estate.versions[0]
    if name == "version-delete":
        version = estate.versions[2]
    return {
        "project": estate.project.slug,
        "name": estate.model.name,
        "number": version.number,
        "revision": 2,
        "pk": estate.trashed_model.pk,
        "slug": estate.project.slug,
        "rule": estate.alias_rule.pk,
    }


def _of_deployments(name: str, estate: Estate) -> dict[str, object]:
    pk = estate.deployments[-1].pk
    if "environment" in name:
        pk = estate.environment.pk
    if "alert" in name:
        pk = estate.alert.pk
    version = estate.versions[2]
    return {"pk": pk, "project": estate.project.slug, "name": estate.model.name, "number": version.number}


def _of_approvals(name: str, estate: Estate) -> dict[str, object]:
    pk = newest_revision(estate.request).policy_id if name == "policy-version" else estate.request.pk
    version = estate.request.version
    names = {"project": estate.project.slug, "name": estate.model.name, "number": version.number}
    return {"slug": estate.project.slug, "pk": pk, **names}


def _of_lineage(name: str, estate: Estate) -> dict[str, object]:
    return {"pk": estate.question.pk if "question" in name else estate.recall.pk}


def _of_notifications(name: str, estate: Estate) -> dict[str, object]:
    return {"slug": estate.project.slug, "hook": estate.webhook.uid}


_VALUES: dict[str, Callable[[str, Estate], dict[str, object]]] = {
    "web": _nothing,
    "notifications": _of_notifications,
    "accounts": _of_accounts,
    "tracking": _of_tracking,
    "registry": _of_registry,
    "approvals": _of_approvals,
    "deployments": _of_deployments,
    "lineage": _of_lineage,
}


def _questions(estate: Estate) -> Iterator[str]:
    """Addresses whose answer depends on what is asked."""
    some = [("run", uid) for uid in estate.runs[:3]]
    folder = reverse("tracking:run-artifacts", args=[estate.runs[0]])
    table = reverse("tracking:experiment", args=[estate.experiment.pk])
    yield "/search?q=fraud"
    yield "/audit?action=model_version.transitioned"
    yield "/experiments?lifecycle=deleted"
    yield f"{table}?{urlencode({'q': 'metrics.auc > 0.1', 'sort': '-metrics.auc'})}"
    yield f"{table}?{urlencode({'q': 'metrics.auc >'})}"
    for path in ("notes.txt", "README.md", "summary.json", "look.ipynb", "table.csv", "plots", "plots/curve.png"):
        yield f"{folder}?{urlencode({'path': path})}"
    for view in ("", "curves", "parallel", "scatter", "contour", "artifacts"):
        yield f"{reverse('tracking:compare-runs')}?{urlencode([*some, ('view', view)])}"
    version = reverse("registry:version", args=[estate.project.slug, estate.model.name, estate.versions[1].number])
    yield from (f"{version}/transition?to={stage}" for stage in ("Production", "Archived"))
    yield f"/models/new-version?{urlencode({'model': f'{estate.project.slug}/{estate.model.name}'})}"
    yield f"/deployments?{urlencode({'at': timezone.now().date().isoformat(), 'days': 365})}"
    yield f"/deployments?{urlencode({'model': f'{estate.project.slug}/{estate.model.name}', 'person': 'nobody'})}"
    yield "/deployments/alerts?show=resolved"
    yield from (f"/requests?show={tab}" for tab in ("mine", "open", "closed"))
    yield f"/explain?project={estate.project.slug}&action=write&principal=grace"
