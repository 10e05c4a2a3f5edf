"""One's own account: tokens, password, name; and the first steps of a new user."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import operations, sessions
from accounts.authentication import signed_in
from accounts.forms import ChangePasswordForm, DetailsForm, ReasonForm, TokenForm
from accounts.models import Project, RoleBinding, Token
from accounts.queries import held_roles
from accounts.views.requests import PageRequest, page_of, server_address


@signed_in
def profile(request: PageRequest) -> HttpResponse:
    """Who I am: my tokens and roles."""
    user = request.principal.user
    tokens = Token.objects.filter(owner=user).select_related("project", "use")
    roles = RoleBinding.objects.active().filter(user=user)
    context = {"tokens": page_of(request, tokens), "roles": held_roles(roles), "person": user}
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
    form = TokenForm.of(request, projects=Project.objects.visible_to(request.principal))
    if form.done(operations.issue_token, request.principal):
        return issued(request, *form.result)
    context = _form(form, "New token", "Create token")
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def revoke_token(request: PageRequest, uid: str) -> HttpResponse:
    """Make a token useless, after saying what that means."""
    visible = Token.objects.visible_to(request.principal).select_related("owner", "owner__project")
    token = get_object_or_404(visible, uid=uid, revoked_at__isnull=True)
    is_mine = token.owner_id == request.principal.user.pk
    back = redirect("accounts:profile") if is_mine else redirect("accounts:service-account", token.owner.uid)
    form = ReasonForm.of(request)
    if form.done(operations.revoke_token, request.principal, token):
        messages.success(request, f"The token “{token.name}” is revoked.")
        return back
    context = {"form": form, "token": token, "back": back.url}
    return TemplateResponse(request, "accounts/revoke_token.html", context)


@signed_in
def first_steps(request: PageRequest) -> HttpResponse:
    """The two lines that point an MLflow client here."""
    return TemplateResponse(request, "accounts/first_steps.html", {"address": server_address(request)})


@signed_in
@never_cache
@require_POST
def first_token(request: PageRequest) -> HttpResponse:
    """Issue a token with one click."""
    return issued(request, *operations.issue_token(request.principal, name="first steps"))


def issued(request: PageRequest, token: Token, secret: str) -> HttpResponse:
    """The page that shows a secret, this once."""
    context = {"token": token, "secret": secret, "address": server_address(request)}
    return TemplateResponse(request, "accounts/issued.html", context, headers={"Cache-Control": "no-store"})


def _form(form: object, title: str, button: str) -> dict[str, object]:
    return {"form": form, "title": title, "button": button, "back": "/profile", "section": "profile"}
