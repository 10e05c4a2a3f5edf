"""The policies of a project: which there are, which holds, and how two of them differ."""

import difflib
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import Project
from approvals.models import PolicyAssignment, PolicyVersion
from approvals.policy import Policy, loosened
from approvals.standing import DEFAULT_POLICY, read, shipped
from audit.exceptions import NotFound


@dataclass(frozen=True)
class Difference:
    """What a policy asks less and more of than another, and the lines in which their texts differ."""

    less: list[str]
    more: list[str]
    lines: list[str]


def policies_in(project: Project) -> QuerySet[PolicyVersion]:
    """Every policy that could hold in a project: its own, and those that come with the server."""
    return PolicyVersion.objects.filter(Q(project=project) | Q(project=None)).select_related("author")


def find_policy(project: Project, name: str, number: int) -> PolicyVersion:
    """One of them by its name and number. Raises NotFound."""
    found = policies_in(project).filter(name=name, number=number).first()
    if found is None:
        raise NotFound(f"There is no policy {name} {number} in this project.")
    return found


def held_in(project: Project) -> PolicyVersion:
    """The policy that holds in a project now."""
    held = PolicyAssignment.objects.current().filter(project=project, model=None).select_related("policy").first()
    return held.policy if held else shipped(DEFAULT_POLICY)


def difference(before: PolicyVersion, after: Policy, text: str, name: str) -> Difference:
    """How ``after``, which ``text`` says, differs from a published policy."""
    lines = difflib.unified_diff(before.text.splitlines(), text.splitlines(), str(before), name, lineterm="", n=3)
    return Difference(loosened(read(before), after), loosened(after, read(before)), list(lines))
