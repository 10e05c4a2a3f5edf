"""The page of a project on which aliases are governed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.roles import Action
from accounts.views.projects import project_context
from accounts.views.requests import PageRequest
from audit.exceptions import NotFound
from registry import operations
from registry.forms import AliasRuleForm, FreeAliasForm
from registry.models import AliasRule
from registry.rules import ALIAS_RIGHTS, MIRRORS

_PAST = 20


@signed_in
def governed_aliases(request: PageRequest, slug: str) -> HttpResponse:
    """The rules that count, a form for one more, and those that ended."""
    context = project_context(request, slug, "aliases")
    project = context["project"]
    may_govern = request.principal.may(Action.GOVERN, project)
    form = AliasRuleForm.of(request, initial={"stages": ["Production"], "action": Action.MANAGE})
    if request.method == "POST":
        authorize(request.principal, Action.GOVERN, project)
    if form.done(operations.govern_alias, request.principal, project):
        messages.success(request, f"@{form.result.pattern} is governed now.")
        return redirect("registry:governed-aliases", slug)
    rules = AliasRule.objects.filter(project=project).select_related("actor")
    context |= {
        "form": form,
        "may_govern": may_govern,
        "rules": [(rule, ALIAS_RIGHTS.get(rule.action, rule.action)) for rule in rules.open().order_by("key")],
        "past": rules.filter(until__isnull=False).order_by("-until", "-pk")[:_PAST],
        "mirrors": list(MIRRORS),
    }
    return TemplateResponse(request, "registry/governed_aliases.html", _below(context))


@signed_in
def free_alias(request: PageRequest, slug: str, rule: int) -> HttpResponse:
    """Let a rule count no longer, after saying what that means."""
    context = project_context(request, slug, "aliases")
    found = AliasRule.objects.open().filter(project=context["project"], pk=rule).select_related("project").first()
    if found is None:
        raise NotFound("There is no rule like that in this project.")
    authorize(request.principal, Action.GOVERN, context["project"])
    form = FreeAliasForm.of(request)
    if form.done(operations.free_alias, request.principal, found):
        messages.success(request, f"@{found.pattern} is free again.")
        return redirect("registry:governed-aliases", slug)
    context |= {"form": form, "rule": found, "back": reverse("registry:governed-aliases", args=[slug])}
    return TemplateResponse(request, "registry/free_alias.html", _below(context))


def _below(context: dict[str, Any]) -> dict[str, Any]:
    project = context["project"]
    context["trail"] = [*context["trail"], (project.slug, reverse("accounts:project", args=[project.slug]))]
    return context
