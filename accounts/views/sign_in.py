"""Making the first administrator, signing in and out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import operations, sessions
from accounts.authentication import public, signed_in
from accounts.forms import PasswordAgainForm, SetUpForm, SignInForm
from accounts.operations.people import set_up_code_is_valid
from accounts.principals import CONSOLE
from accounts.views.requests import PageRequest
from audit.exceptions import NotFound, Throttled, Unauthenticated


@public
@never_cache
@sensitive_post_parameters("password", "again")
def set_up(request: HttpRequest, code: str) -> HttpResponse:
    """Make the first administrator with the one-time link that the server printed."""
    if not set_up_code_is_valid(code):
        raise NotFound("This link has been used or is out of date. Restart the server to get a new one, or sign in.")
    form = SetUpForm.of(request)
    if form.done(operations.create_first_administrator, CONSOLE, code):
        sessions.open_session(request, form.result)
        return redirect("accounts:first-steps")
    return TemplateResponse(request, "accounts/set_up.html", {"form": form})


@public
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Open a session and go where the person wanted to."""
    target = _safe_target(request)
    if request.user.is_authenticated and request.method == "GET":
        return HttpResponseRedirect(target)
    form, throttled = SignInForm.of(request), None
    if form.is_valid():
        try:
            sessions.sign_in(request, form.cleaned_data["username"], form.cleaned_data["password"])
            return HttpResponseRedirect(target)
        except Unauthenticated as refusal:
            form.add_error(None, str(refusal))
        except Throttled as refusal:
            form.add_error(None, str(refusal))
            throttled = refusal
    context = {"form": form, "next": request.POST.get("next", request.GET.get("next", ""))}
    response = TemplateResponse(request, "accounts/sign_in.html", context)
    if throttled is not None:
        response.status_code = throttled.status
        response["Retry-After"] = str(throttled.retry_after)
    return response


@signed_in
@never_cache
@sensitive_post_parameters("password")
def password_again(request: PageRequest) -> HttpResponse:
    """Ask for the password once more, before something grave, and go on there."""
    form, status = PasswordAgainForm(request.POST or None), 200
    if form.is_valid():
        try:
            sessions.give_password_again(request, request.principal, form.cleaned_data["password"])
            return HttpResponseRedirect(_safe_target(request))
        except Unauthenticated:
            form.add_error("password", "This is not your password.")
        except Throttled as refusal:
            form.add_error(None, str(refusal))
            status = refusal.status
    context = {"form": form, "next": _safe_target(request)}
    return TemplateResponse(request, "accounts/password_again.html", context, status=status)


@signed_in
@require_POST
def sign_out(request: PageRequest) -> HttpResponse:
    """Close the session."""
    sessions.sign_out(request, request.principal)
    messages.info(request, "You are signed out.")
    return redirect("accounts:sign-in")


def _safe_target(request: HttpRequest) -> str:
    """Where to go after signing in: only to an address of this server."""
    target = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"
