"""What tests of promotions do again and again."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import RoleBinding
from approvals import checks
from approvals.models import PromotionRequest, Verdict
from approvals.operations import decide
from approvals.queries import newest_revision, whole_requests

POLICY = """
schema: 1
name: {name}
independence: {independence}
cool_down_hours: {cool_down}
execute: {execute}
step_up_minutes: 15
break_glass:
  allowed: {break_glass}
transitions:
  Staging:
    approvals: 0
  Production:
    approvals: {approvals}
    different_groups: {different_groups}
    skip_staging: {skip_staging}
    gates: {gates}
"""


def policy_text(**given: Any) -> str:
    """A policy in which two people decide, without gates; every detail can be given."""
    settings = {
        "name": "test-policy",
        "independence": "requester",
        "cool_down": 24,
        "execute": "automatically",
        "break_glass": "false",
        "approvals": 1,
        "different_groups": "false",
        "skip_staging": "true",
        "gates": "[]",
    }
    return POLICY.format(**settings | given)


def age_roles(hours: int = 48) -> None:
    """Let all roles be older than any cool-down; as if they had been granted days ago."""
    from audit import guard, triggers

    with guard.lifted(), triggers.disabled():
        RoleBinding.objects.update(granted_at=timezone.now() - timedelta(hours=hours))


def checked(request: PromotionRequest) -> PromotionRequest:
    """The request after a worker has evaluated its gates."""
    checks.check_request(request.pk)
    return fresh(request)


def fresh(request: PromotionRequest) -> PromotionRequest:
    """The request as it is stored."""
    return whole_requests().get(pk=request.pk)


def vote(person: Any, request: PromotionRequest, verdict: Verdict = Verdict.APPROVE, **given: Any) -> PromotionRequest:
    """Decide on what the request shows now, having just given the password."""
    digest = newest_revision(request).subject_digest
    values: dict[str, Any] = {
        "subject_digest": digest,
        "comment": "Looked at it.",
        "signed_in_at": timezone.now(),
    } | given
    return decide(person, request, verdict, **values)
