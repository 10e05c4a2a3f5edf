"""Ending sessions: one's own, one or all others; and for platform admins all of somebody's."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import operations
from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import PageForm, ReasonForm
from accounts.models import BrowserSession, User
from accounts.roles import Action
from accounts.scopes import PLATFORM
from accounts.views.requests import PageRequest


@signed_in
def end_session(request: PageRequest, uid: str) -> HttpResponse:
    """Sign me out of one browser, after saying what that means."""
    mine = BrowserSession.objects.filter(user=request.principal.user).alive()
    session = get_object_or_404(mine.exclude(session_key=request.session.session_key or ""), uid=uid)
    if request.method == "POST":
        operations.end_session(request.principal, session)
        messages.success(request, f"You are signed out of {session.browser}.")
        return redirect("accounts:profile")
    context = {"session": session, "form": PageForm(), "back": reverse("accounts:profile"), "section": "profile"}
    return TemplateResponse(request, "accounts/end_session.html", context)


@signed_in
def end_other_sessions(request: PageRequest) -> HttpResponse:
    """Sign me out of every browser but this one, after saying which."""
    here = request.session.session_key or ""
    if request.method == "POST":
        ended = operations.end_other_sessions(request.principal, here=here)
        messages.success(request, f"Signed out of {ended} other browser{'' if ended == 1 else 's'}.")
        return redirect("accounts:profile")
    others = BrowserSession.objects.filter(user=request.principal.user).alive().exclude(session_key=here)
    context = {"sessions": others, "form": PageForm(), "back": reverse("accounts:profile"), "section": "profile"}
    return TemplateResponse(request, "accounts/end_sessions.html", context)


@signed_in
def end_all_sessions(request: PageRequest, uid: str) -> HttpResponse:
    """Sign somebody out of every browser, after saying what that means."""
    authorize(request.principal, Action.ADMINISTER, PLATFORM)
    found = get_object_or_404(User, uid=uid)
    form = ReasonForm.of(request)
    if form.done(operations.end_all_sessions, request.principal, found):
        messages.success(request, f"{found} is signed out of {form.result} browser{'' if form.result == 1 else 's'}.")
        return redirect("accounts:person", uid)
    context = {
        "person": found,
        "sessions": found.browser_sessions.alive(),
        "form": form,
        "back": reverse("accounts:person", args=[uid]),
        "section": "access",
    }
    return TemplateResponse(request, "accounts/end_sessions.html", context)
