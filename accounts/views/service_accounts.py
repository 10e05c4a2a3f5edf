"""Service accounts: making one, its tokens, and closing it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts import operations
from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import ReasonForm, ServiceAccountForm, TokenForm
from accounts.history import object_history
from accounts.models import Project, RoleBinding, Token, User, UserKind
from accounts.queries import find_project, held_roles
from accounts.roles import Action
from accounts.views.profile import issued, token_like
from accounts.views.requests import PageRequest, page_of


@signed_in
def new_service_account(request: PageRequest, slug: str) -> HttpResponse:
    """Make an account for a machine."""
    project = find_project(request.principal, slug)
    form = ServiceAccountForm.of(request)
    if form.done(operations.create_service_account, request.principal, project=project):
        messages.success(request, "The service account is there. Give it a role, and issue a token for it.")
        return redirect("accounts:service-account", form.result.uid)
    authorize(request.principal, Action.GRANT, project)
    context = {
        "form": form,
        "title": f"New service account of {project}",
        "intro": "For a pipeline or another machine. It has no password: it signs its calls with tokens.",
        "button": "Create service account",
        "back": reverse("accounts:project-service-accounts", args=[slug]),
        "section": "access",
    }
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def service_account(request: PageRequest, uid: str) -> HttpResponse:
    """One service account: its tokens and roles."""
    account = _find(request, uid)
    tokens = page_of(request, Token.objects.filter(owner=account).select_related("project", "use"))
    roles = held_roles(RoleBinding.objects.active().filter(user=account))
    touched = [*tokens, *(held.binding for held in roles)]
    context = {
        "account": account,
        "tokens": tokens,
        "roles": roles,
        "may_grant": request.principal.may(Action.GRANT, account),
        "history": object_history(request.principal, account, *touched, limit=10),
        "history_of": f"user/{uid}",
        "trail": _trail(account),
        "section": "access",
    }
    return TemplateResponse(request, "accounts/service_account.html", context)


@signed_in
@never_cache
def new_service_token(request: PageRequest, uid: str) -> HttpResponse:
    """Issue a token for a service account, and show its secret once."""
    account = _find(request, uid)
    projects = Project.objects.filter(service_accounts=account)
    form = TokenForm.of(request, projects=projects, initial=token_like(request, account, projects))
    if form.done(operations.issue_token_for, request.principal, account):
        return issued(request, *form.result)
    authorize(request.principal, Action.GRANT, account)
    context = {
        "form": form,
        "title": f"New token for {account}",
        "button": "Create token",
        "back": reverse("accounts:service-account", args=[uid]),
        "section": "access",
    }
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def switch_service_account(request: PageRequest, uid: str) -> HttpResponse:
    """Close a service account, or open it again, after saying what that means."""
    account = _find(request, uid)
    form = ReasonForm.of(request)
    operation = operations.deactivate_user if account.is_active else operations.activate_user
    if form.done(operation, request.principal, account):
        messages.success(request, f"{account} is {'active' if form.result.is_active else 'deactivated'}.")
        return redirect("accounts:service-account", uid)
    authorize(request.principal, Action.GRANT, account)
    context = {
        "form": form,
        "person": account,
        "back": reverse("accounts:service-account", args=[uid]),
        "section": "access",
    }
    return TemplateResponse(request, "accounts/switch_account.html", context)


def _trail(account: User) -> list[tuple[str, str]]:
    slug = account.project.slug if account.project else ""
    return [
        ("Projects", reverse("accounts:projects")),
        (slug, reverse("accounts:project", args=[slug])),
        ("Service accounts", reverse("accounts:project-service-accounts", args=[slug])),
    ]


def _find(request: PageRequest, uid: str) -> User:
    visible = User.objects.visible_to(request.principal).filter(kind=UserKind.SERVICE).select_related("project")
    found: User = get_object_or_404(visible, uid=uid)
    return found
