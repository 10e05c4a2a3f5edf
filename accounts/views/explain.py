"""“Who may what here, and why?”, now or on a day in the past."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.forms import ExplainForm
from accounts.labels import ACTION_LABELS, ACTION_WORDS
from accounts.matrix import Row, lost, matrix, place_of, rows_of
from accounts.models import Project, User
from accounts.principals import Principal
from accounts.queries import SERVER, explain_access, find_scope, find_user, may_ask_about_others
from accounts.roles import Action
from accounts.scopes import PLATFORM, Scoped
from accounts.views.requests import PageRequest, suggested_names
from audit.exceptions import InvalidInput, NotFound, PermissionDenied


@signed_in
def explain(request: PageRequest) -> HttpResponse:
    """Show people and what they may do at a place, and why one of them may; the question stands in the address."""
    asked = _asked(request)
    form = ExplainForm(asked or None, places=_places(request.principal, asked.get("object", "")))
    context: dict[str, Any] = {"form": form, "names": suggested_names(request.principal)}
    if form.is_valid():
        context |= _answer(request, form)
    template = "accounts/_reason.html" if "HX-Request" in request.headers else "accounts/explain.html"
    return TemplateResponse(request, template, context | {"section": "access", "part": "explain"})


def _asked(request: PageRequest) -> dict[str, str]:
    """The question; ``project=`` is another way to name the place, and the first project is asked about by itself."""
    asked = {key: str(value) for key, value in request.GET.items() if key != "page"}
    if slug := asked.pop("project", ""):
        asked.setdefault("object", f"project/{slug}")
    if "object" not in asked and (first := Project.objects.visible_to(request.principal).first()):
        asked["object"] = f"project/{first.slug}"
    return asked


def _places(principal: Principal, asked: str) -> list[tuple[str, str]]:
    """Where one may ask: projects, the server for those who see all of it, and the object one came from."""
    places = [
        (f"project/{project.slug}", f"project {project.slug}") for project in Project.objects.visible_to(principal)
    ]
    if principal.may_administer or principal.sees_everything:
        places.append((SERVER, "the whole server"))
    if asked and asked not in dict(places):
        try:
            places.append((asked, f"{asked.partition('/')[0]} {find_scope(principal, asked)}"))
        except (NotFound, InvalidInput):
            return places
    return places


def _answer(request: PageRequest, form: ExplainForm) -> dict[str, Any]:
    question, principal = form.cleaned_data, request.principal
    obj: Scoped = find_scope(principal, question["object"]) or PLATFORM
    who = None
    if question["principal"]:
        try:
            who = find_user(principal, question["principal"])
            reason = _reason(principal, who, question["action"], obj, question["at"]) if question["action"] else {}
        except (NotFound, PermissionDenied, InvalidInput) as refusal:
            form.add_error("principal", str(refusal))
            return {}
        if "HX-Request" in request.headers:
            return reason
    else:
        reason = {}
    everybody = _may_see_all(principal, obj, past=question["at"] is not None)
    if who not in (None, principal.user) and not everybody:
        form.add_error("principal", "You may ask what you may do yourself, not what others may.")
        return {}
    only = who if who is not None or everybody else principal.user
    found = matrix(obj, question["at"], only=only, page=request.GET.get("page"))
    return reason | {
        "matrix": found,
        "everybody": everybody,
        "may_ask": may_ask_about_others(principal, obj),
        "columns": [(ACTION_WORDS[action], ACTION_LABELS[action]) for action in found.place.columns],
        "place_name": dict(form.places)[question["object"]],
        "page_of_object": _page_of_object(obj),
        "at": question["at"],
        "ask": f"?{urlencode({'object': question['object'], 'at': request.GET.get('at', '')})}",
    }


def _reason(asker: Principal, who: User, action: Action, obj: Scoped, at: Any) -> dict[str, Any]:
    """Everything that the answer about one person and one action is made of."""
    answer = explain_access(asker, who, action, None if obj is PLATFORM else obj, at)
    place = place_of(obj, at)
    (row,) = rows_of([who], place, at)
    cell = row.cell(action)
    return {
        "answer": answer,
        "who": who,
        "action": ACTION_LABELS[action],
        "cell": cell,
        "ways": cell.ways,
        "own": cell.ways if cell.own else [],
        "present": _in_vain(row, action),
        "cut": [held for held in row.held if not place.counts(held)],
        "lost": lost(who, place, action),
    }


def _in_vain(row: Row, action: Action) -> list[Any]:
    """What somebody holds that does not give them the right."""
    return [held for held in row.held if held not in row.cell(action).ways]


def _may_see_all(asker: Principal, obj: Scoped, *, past: bool) -> bool:
    """The present is open to the members of a project, as its members page is; the past to who may audit or grant."""
    if may_ask_about_others(asker, obj):
        return True
    path = obj.access_path()
    return not past and path.inherits and path.project_id in asker.project_ids_with(Action.VIEW)


def _page_of_object(obj: Any) -> str:
    if isinstance(obj, Project):
        return reverse("accounts:members", args=[obj.slug])
    path = obj.access_path()
    if path.model_id is not None:
        return reverse("accounts:object-access", args=["model", path.model_id])
    if path.experiment_id is not None:
        return reverse("accounts:object-access", args=["experiment", path.experiment_id])
    return reverse("accounts:people")
