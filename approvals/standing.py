"""Which policy holds for a model now, and what it asks of a step."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from django.db.models import Q

from approvals.models import PolicyAssignment, PolicyVersion, Tier, TierInterval
from approvals.policy import Policy, Requirement, combined, read_policy
from registry.models import RegisteredModel

SHIPPED: Final = Path(__file__).parent / "policies"
#: What holds in a project to which nobody has given a policy.
DEFAULT_POLICY: Final = "four-eyes"


@dataclass(frozen=True)
class Standing:
    """What holds for one model: its project's policy, perhaps one of its own that asks for more, and its tier."""

    policy: PolicyVersion
    own: PolicyVersion | None
    tier: str

    @cached_property
    def digest(self) -> str:
        """Both texts and the tier in one word, as a subject keeps it."""
        return "+".join([self.policy.digest, *([self.own.digest] if self.own else []), self.tier])

    @property
    def name(self) -> str:
        """How to call it in a sentence."""
        return f"{self.policy} and {self.own}" if self.own else str(self.policy)

    def requirement(self, to_stage: str) -> Requirement:
        """What is asked before a version of this model may enter a stage."""
        own = read(self.own).requirement(to_stage, self.tier) if self.own else None
        return combined(read(self.policy).requirement(to_stage, self.tier), own)


def standing_of(model: RegisteredModel) -> Standing:
    """What holds for a model now; at most three queries."""
    places = Q(model=None) | Q(model=model)
    held = PolicyAssignment.objects.current().filter(places, project_id=model.project_id).select_related("policy")
    policies = {assignment.model_id: assignment.policy for assignment in held}
    policy, own = policies.get(None) or shipped(DEFAULT_POLICY), policies.get(model.pk)
    tier = TierInterval.objects.filter(model=model, until=None).values_list("tier", flat=True).first()
    return Standing(policy, own, tier or Tier.MEDIUM)


def shipped(name: str) -> PolicyVersion:
    """The newest version of a policy that comes with the server."""
    return PolicyVersion.objects.filter(project=None, name=name).latest("number")


def read(version: PolicyVersion) -> Policy:
    """The policy that a published text says; read once per process."""
    return _read(version.digest, version.text)


@lru_cache(maxsize=256)
def _read(digest: str, text: str) -> Policy:
    return read_policy(text)
