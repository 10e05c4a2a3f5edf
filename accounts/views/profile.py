"""One's own account: tokens, password, name; and the first steps of a new user."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import operations, sessions
from accounts.authentication import signed_in
from accounts.forms import ChangePasswordForm, DetailsForm, ReasonForm, TokenForm
from accounts.models import ENDS_SOON, Project, RoleBinding, Token, User
from accounts.queries import find_project, held_roles
from accounts.views.requests import PageRequest, client_lines, page_of

_SCRIPT = """\
import mlflow

mlflow.set_experiment("first steps")
with mlflow.start_run():
    mlflow.log_param("depth", 3)
    for step in range(20):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
"""


@signed_in
def profile(request: PageRequest) -> HttpResponse:
    """Who I am: my tokens, my sessions, my roles."""
    user = request.principal.user
    tokens = Token.objects.filter(owner=user).select_related("project", "use")
    context = {
        "tokens": page_of(request, tokens),
        "ending": tokens.ending_before(timezone.now() + ENDS_SOON).count(),
        "sessions": list(user.browser_sessions.alive()),
        "here": request.session.session_key,
        "roles": held_roles(RoleBinding.objects.active().held_by(user)),
        "person": user,
        "section": "profile",
    }
    return TemplateResponse(request, "accounts/profile.html", context)


@signed_in
def details(request: PageRequest) -> HttpResponse:
    """Change how I am called and reached."""
    user = request.principal.user
    form = DetailsForm.of(request, initial={"display_name": user.display_name, "email": user.email})
    if form.done(operations.update_user, request.principal, user):
        messages.success(request, "Saved.")
        return redirect("accounts:profile")
    return TemplateResponse(request, "accounts/form.html", _form(form, "Name and e-mail", "Save"))


@signed_in
@sensitive_post_parameters("old", "new", "again")
def password(request: PageRequest) -> HttpResponse:
    """Change my password."""
    form = ChangePasswordForm.of(request, owner=request.principal.user)
    here = request.session.session_key or ""
    if form.done(operations.change_password, request.principal, here=here):
        sessions.keep_after_new_password(request, form.result)
        messages.success(request, "Your password is changed. Other browsers are signed out; your tokens still work.")
        return redirect("accounts:profile")
    context = _form(form, "Change password", "Change password")
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
@never_cache
def new_token(request: PageRequest) -> HttpResponse:
    """Issue a token for myself, and show its secret once."""
    projects = Project.objects.visible_to(request.principal)
    form = TokenForm.of(request, projects=projects, initial=token_like(request, request.principal.user, projects))
    if form.done(operations.issue_token, request.principal):
        return issued(request, *form.result)
    context = _form(form, "New token", "Create token") | {"intro": "It signs the calls of your scripts as you."}
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def revoke_token(request: PageRequest, uid: str) -> HttpResponse:
    """Make a token useless, after saying what that means."""
    visible = Token.objects.visible_to(request.principal).select_related("owner", "owner__project", "use")
    token = get_object_or_404(visible, uid=uid, revoked_at__isnull=True)
    is_mine = token.owner_id == request.principal.user.pk
    back = redirect("accounts:profile") if is_mine else redirect("accounts:service-account", token.owner.uid)
    form = ReasonForm.of(request)
    if form.done(operations.revoke_token, request.principal, token):
        messages.success(request, f"The token “{token.name}” is revoked.")
        return back
    context = {"form": form, "token": token, "back": back.url, "section": "profile" if is_mine else "access"}
    return TemplateResponse(request, "accounts/revoke_token.html", context)


@signed_in
def first_steps(request: PageRequest) -> HttpResponse:
    """The lines that point an MLflow client here, and a script to try them; ``?project=`` names a project."""
    slug = request.GET.get("project")
    project = find_project(request.principal, slug) if slug else None
    context = {"project": project, "script": _SCRIPT, "section": "home"} | client_lines(request, project)
    return TemplateResponse(request, "accounts/first_steps.html", context)


@signed_in
@never_cache
@require_POST
def first_token(request: PageRequest) -> HttpResponse:
    """Issue a token with one click."""
    return issued(request, *operations.issue_token(request.principal, name="first steps"))


def issued(request: PageRequest, token: Token, secret: str) -> HttpResponse:
    """The page that shows a secret, this once."""
    context = {"token": token, "secret": secret, "section": "profile"} | client_lines(request, token.project, secret)
    return TemplateResponse(request, "accounts/issued.html", context, headers={"Cache-Control": "no-store"})


def token_like(request: PageRequest, owner: User, projects: QuerySet[Project]) -> dict[str, Any]:
    """What a form for a token begins with: as the one that ``?like=`` names, or in the project of ``?project=``."""
    former = Token.objects.filter(owner=owner, uid=request.GET.get("like", "")).first()
    if former is not None:
        return {"name": former.name, "scopes": former.scopes, "project": former.project_id}
    return {"project": projects.filter(slug=request.GET["project"]).first() if "project" in request.GET else None}


def _form(form: object, title: str, button: str) -> dict[str, object]:
    return {"form": form, "title": title, "button": button, "back": reverse("accounts:profile"), "section": "profile"}
