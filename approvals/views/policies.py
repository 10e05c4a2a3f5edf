"""The policy of a project: what holds, its versions, publishing, proposals, and what it would have meant."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.models import Project
from accounts.roles import Action
from accounts.views.projects import project_context
from accounts.views.requests import PageRequest
from approvals import operations
from approvals.exceptions import InvalidPolicy
from approvals.forms import AssignForm, OwnPolicyForm, PolicyForm, TierForm
from approvals.library import difference, policies_in
from approvals.models import PolicyAssignment, PolicyVersion, Tier, TierInterval
from approvals.policy import TIERS, read_policy
from approvals.rehearsal import rehearse
from approvals.standing import read, shipped, standing_of
from audit.exceptions import NotFound
from registry.models import RegisteredModel
from registry.views.shared import model_context

#: What to write for a gate that no shipped policy has, because it names a key.
_SIGNATURE: Final = """\
- type: signature_verified
  hard: true
  key: |
    -----BEGIN PUBLIC KEY-----
    …
    -----END PUBLIC KEY-----
"""


@signed_in
def policy(request: PageRequest, slug: str) -> HttpResponse:
    """What holds in a project now, what is proposed, and every policy there is."""
    context = _context(request, slug)
    project, held = context["project"], context["held"]
    assignments = PolicyAssignment.objects.filter(project=project).select_related("policy", "model", "proposed_by")
    context |= {
        "table": _table(held),
        "proposals": [each for each in assignments.proposed() if each.until is None],
        "policies": policies_in(project).order_by("name", "-number"),
        "past": assignments.filter(since__isnull=False).order_by("-since")[:20],
        "four_eyes": shipped("four-eyes"),
        "me": request.principal.user,
        "may_agree": context["may_govern"] or request.principal.may(Action.DECIDE, project),
    }
    return TemplateResponse(request, "approvals/policy.html", context)


@signed_in
def policy_version(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """One published policy: its text, how it differs from what holds, and what it would have meant."""
    context = _context(request, slug)
    version = _find(context["project"], pk)
    held = context["held"]
    form = AssignForm.of(request)
    if form.done(operations.assign_policy, request.principal, context["project"], version):
        begun = form.result.since is not None
        text = f"{version} holds now." if begun else f"{version} asks for less, so it waits for a second person."
        messages.success(request, text)
        return redirect("approvals:policy", slug)
    context |= {
        "policy": version,
        "table": _table(version),
        "difference": difference(held, read(version), version.text, str(version)),
        "rehearsal": rehearse(request.principal, context["project"], version) if "rehearse" in request.GET else None,
        "form": form,
        "is_held": held.pk == version.pk,
        "asks_for_signature": "signature_verified" in version.text,
        "signature": _SIGNATURE,
    }
    return TemplateResponse(request, "approvals/policy_version.html", context)


@signed_in
def edit_policy(request: PageRequest, slug: str) -> HttpResponse:
    """Write a policy; publishing keeps it, and says nothing yet about where it holds."""
    context = _context(request, slug)
    authorize(request.principal, Action.GOVERN, context["project"])
    form = PolicyForm.of(request, initial={"text": _begin(context)})
    context |= {"form": form, "errors": [], "rehearsal": None, "signature": _SIGNATURE}
    if request.method == "POST" and "rehearse" in request.POST:
        context |= _rehearsed(request, context, form)
    elif form.done(operations.publish_policy, request.principal, context["project"]):
        messages.success(request, f"{form.result} is published. It holds nowhere yet.")
        return redirect("approvals:policy-version", slug, form.result.pk)
    if isinstance(form.refusal, InvalidPolicy):
        context["errors"] = form.refusal.errors
    return TemplateResponse(request, "approvals/edit_policy.html", context)


@signed_in
@require_POST
def answer_proposal(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Agree to a proposed policy, or withdraw it."""
    context = _context(request, slug)
    found = (
        PolicyAssignment.objects.filter(project=context["project"], pk=pk).select_related("project", "policy").first()
    )
    if found is None:
        raise NotFound("There is no proposal like that.")
    if "agree" in request.POST:
        operations.agree_to_policy(request.principal, found)
        messages.success(request, f"{found.policy} holds now.")
    else:
        operations.withdraw_policy(request.principal, found)
        messages.success(request, "The proposal is withdrawn.")
    return redirect("approvals:policy", slug)


@signed_in
def model_policy(request: PageRequest, project: str, name: str) -> HttpResponse:
    """What holds for one model: its project's policy, its tier, and a policy of its own that can only add."""
    context = model_context(request, project, name)
    model = context["model"]
    standing = standing_of(model)
    adds = "policy" in request.POST
    form = TierForm(None if adds else request.POST or None, initial={"tier": standing.tier})
    if form.done(_set_tier, request.principal, model):
        messages.success(request, f"{model} is of the tier {form.cleaned_data['tier']} now.")
        return redirect("approvals:model-policy", project, name)
    own = OwnPolicyForm(request.POST if adds else None, policies=policies_in(model.project))
    if own.done(_add_policy, request.principal, model):
        begun = own.result.since is not None
        text = f"{own.result.policy} holds on {model.name} too." if begun else "It waits for a second person."
        messages.success(request, text)
        return redirect("approvals:model-policy", project, name)
    context |= {
        "standing": standing,
        "rows": [(stage, standing.requirement(stage)) for stage in ("Staging", "Production")],
        "tiers": TierInterval.objects.filter(model=model).select_related("actor").order_by("-since")[:20],
        "form": form,
        "own": own,
        "may_govern": request.principal.may(Action.GOVERN, model),
        "proposal": PolicyAssignment.objects.proposed().filter(model=model).select_related("policy").first(),
    }
    return TemplateResponse(request, "approvals/model_policy.html", context)


def _add_policy(actor: Any, model: RegisteredModel, *, policy: PolicyVersion, why: str) -> PolicyAssignment:
    return operations.assign_policy(actor, model.project, policy, model=model, reason=why)


def _set_tier(actor: Any, model: RegisteredModel, *, tier: str, reason: str) -> RegisteredModel:
    return operations.set_tier(actor, model, Tier(tier), reason=reason)


def _context(request: PageRequest, slug: str) -> dict[str, Any]:
    context = project_context(request, slug, "policy")
    project = context["project"]
    held = (
        PolicyAssignment.objects.current().filter(project=project, model=None).select_related("policy", "proposed_by")
    )
    assignment = held.first()
    context |= {
        "assignment": assignment,
        "held": assignment.policy if assignment else shipped("four-eyes"),
        "may_govern": request.principal.may(Action.GOVERN, project),
    }
    context["trail"] = [*context["trail"], (project.slug, reverse("accounts:project", args=[project.slug]))]
    return context


def _find(project: Project, pk: int) -> PolicyVersion:
    found: PolicyVersion | None = policies_in(project).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no policy like that in this project.")
    return found


def _table(version: PolicyVersion) -> list[tuple[str, list[tuple[str, Any]]]]:
    """What the policy asks, stage by stage and tier by tier; tiers that ask the same are told together."""
    rules = read(version)
    table = []
    for stage in ("Staging", "Production"):
        rows: list[tuple[str, Any]] = []
        for tier in TIERS:
            requirement = rules.requirement(stage, tier)
            if rows and rows[-1][1] == requirement:
                rows[-1] = (f"{rows[-1][0]}, {tier}", requirement)
            else:
                rows.append((tier, requirement))
        table.append((stage, rows))
    return table


def _begin(context: dict[str, Any]) -> str:
    """What a new text starts from: the policy that holds, under a name that can be published here."""
    held: PolicyVersion = context["held"]
    if held.project_id is not None:
        return held.text
    return held.text.replace(f"name: {held.name}", f"name: {context['project'].slug[:50]}-{held.name}", 1)


def _rehearsed(request: PageRequest, context: dict[str, Any], form: PolicyForm) -> dict[str, Any]:
    """What publishing would keep and what it would mean: the difference to what holds, and the past judged by it."""
    if not form.is_valid():
        return {}
    text = form.cleaned_data["text"]
    try:
        rules = read_policy(text)
    except InvalidPolicy as refusal:
        form.add_error("text", str(refusal))
        return {"errors": refusal.errors}
    said = rehearse(request.principal, context["project"], rules)
    return {"rehearsal": said, "difference": difference(context["held"], rules, text, rules.name), "text": text}
