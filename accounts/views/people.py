"""People of the whole server: for platform admins to keep, for auditors to read."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.views.decorators.debug import sensitive_post_parameters

from accounts import operations
from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import DetailsForm, GlobalGrantForm, PersonForm, ReasonForm, ResetPasswordForm
from accounts.history import object_history
from accounts.models import RoleBinding, TeamMembership, Token, User, UserKind
from accounts.queries import held_roles
from accounts.roles import ROLE_LABELS, Action, Role
from accounts.scopes import PLATFORM
from accounts.views.requests import PageRequest, page_of

_TRAIL = [("People", reverse_lazy("accounts:people"))]


@signed_in
def people(request: PageRequest) -> HttpResponse:
    """Everybody with an account; ``?q=`` searches names and addresses."""
    _require_reader(request)
    query = request.GET.get("q", "").strip()[:150]
    rows = User.objects.filter(kind=UserKind.HUMAN).order_by("username")
    if query:
        rows = rows.filter(Q(username__icontains=query) | Q(display_name__icontains=query) | Q(email__icontains=query))
    context = {"page": page_of(request, rows), "query": query, "section": "access", "part": "people"}
    return TemplateResponse(request, "accounts/people.html", context | _rights(request))


@signed_in
@sensitive_post_parameters("password", "again")
def new_person(request: PageRequest) -> HttpResponse:
    """Make an account for a person."""
    form = PersonForm.of(request)
    if form.done(operations.create_user, request.principal):
        messages.success(request, f"{form.result} has an account. A project admin can give them a role now.")
        return redirect("accounts:person", form.result.uid)
    authorize(request.principal, Action.ADMINISTER, PLATFORM)
    context = {
        "form": form,
        "title": "New person",
        "intro": "They may do nothing until somebody gives them a role in a project.",
        "button": "Create account",
        "back": reverse("accounts:people"),
        "trail": _TRAIL,
        "section": "access",
    }
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def person(request: PageRequest, uid: str) -> HttpResponse:
    """One person: account, teams, and roles everywhere."""
    _require_reader(request)
    found = _find(uid)
    roles = held_roles(RoleBinding.objects.active().held_by(found))
    own = [held.binding for held in roles if held.binding.user_id == found.pk]
    context = {
        "person": found,
        "roles": roles,
        "teams": TeamMembership.objects.filter(user=found).select_related("group__team"),
        "sessions": list(found.browser_sessions.alive()),
        "usable_tokens": Token.objects.usable().filter(owner=found).count(),
        "history": object_history(request.principal, found, *own, limit=10),
        "history_of": f"user/{uid}",
        "is_me": found == request.principal.user,
        "trail": _TRAIL,
        "section": "access",
    }
    return TemplateResponse(request, "accounts/person.html", context | _rights(request))


@signed_in
def edit_person(request: PageRequest, uid: str) -> HttpResponse:
    """Change how somebody is called and reached."""
    found = _find(uid)
    form = DetailsForm.of(request, initial={"display_name": found.display_name, "email": found.email})
    if form.done(operations.update_user, request.principal, found):
        messages.success(request, "Saved.")
        return redirect("accounts:person", uid)
    return _form(request, form, found, "Name and e-mail", "Save")


@signed_in
@sensitive_post_parameters("password", "again")
def reset_password(request: PageRequest, uid: str) -> HttpResponse:
    """Give somebody a new password who lost theirs."""
    found = _find(uid)
    form = ResetPasswordForm.of(request, owner=found)
    if form.done(operations.set_password, request.principal, found):
        messages.success(request, f"{found} has a new password. Tell it to them, and ask them to change it.")
        return redirect("accounts:person", uid)
    intro = "Their present password and their open sessions stop working. Their tokens go on."
    return _form(request, form, found, "New password", "Set password", intro)


@signed_in
def switch_person(request: PageRequest, uid: str) -> HttpResponse:
    """Shut somebody out, or let them in again, after saying what that means."""
    found = _find(uid)
    form = ReasonForm.of(request)
    operation = operations.deactivate_user if found.is_active else operations.activate_user
    if form.done(operation, request.principal, found):
        messages.success(request, f"{found} is {'active' if form.result.is_active else 'deactivated'}.")
        return redirect("accounts:person", uid)
    authorize(request.principal, Action.ADMINISTER, PLATFORM)
    context = {"form": form, "person": found, "back": reverse("accounts:person", args=[uid]), "section": "access"}
    return TemplateResponse(request, "accounts/switch_account.html", context)


@signed_in
def grant_globally(request: PageRequest, uid: str) -> HttpResponse:
    """Give somebody a role on the whole server."""
    found = _find(uid)
    form = GlobalGrantForm.of(request)
    if form.done(operations.grant_role, request.principal, found):
        messages.success(request, f"{found} is {ROLE_LABELS[Role(form.result.role)]} now.")
        return redirect("accounts:person", uid)
    intro = "It counts everywhere, from their next request on."
    return _form(request, form, found, "Role on the whole server", "Give role", intro)


def _form(
    request: PageRequest,
    form: DetailsForm | ResetPasswordForm | GlobalGrantForm,
    found: User,
    title: str,
    button: str,
    intro: str = "",
) -> HttpResponse:
    authorize(request.principal, Action.ADMINISTER, PLATFORM)
    back = reverse("accounts:person", args=[found.uid])
    context = {"form": form, "title": f"{found}: {title.lower()}", "button": button, "intro": intro, "back": back}
    return TemplateResponse(request, "accounts/form.html", context | {"section": "access"})


def _find(uid: str) -> User:
    found: User = get_object_or_404(User, uid=uid, kind=UserKind.HUMAN)
    return found


def _require_reader(request: PageRequest) -> None:
    if not request.principal.sees_everything:
        authorize(request.principal, Action.ADMINISTER, PLATFORM)


def _rights(request: PageRequest) -> dict[str, bool]:
    return {"may_administer": request.principal.may_administer}
