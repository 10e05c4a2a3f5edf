"""``/projects/<project>/policy``: what holds in a project now. People write policies and agree to them on its page."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from accounts.queries import find_project
from approvals.models import PolicyAssignment
from approvals.standing import DEFAULT_POLICY, shipped
from registry.api.values import part


class PolicySerializer(serializers.Serializer[Any]):
    """The policy that holds in a project."""

    policy = serializers.CharField(help_text="Its name and number.")
    sha256 = serializers.CharField(help_text="The digest of its text.")
    text = serializers.CharField(help_text="YAML.")
    since = serializers.DateTimeField(allow_null=True, help_text="null where nobody has given the project a policy.")
    proposed = serializers.CharField(allow_null=True, help_text="One that waits for a second person.")


class ProjectPolicyView(SignedIn):
    """The policy of a project."""

    @extend_schema(parameters=[part("project", "The short name of the project.")], responses=PolicySerializer)
    def get(self, request: Request, project: str) -> Response:
        """Show the policy that holds in a project now."""
        found = find_project(self.principal, project)
        assignments = PolicyAssignment.objects.filter(project=found, model=None).select_related("policy")
        held, proposed = assignments.current().first(), assignments.proposed().first()
        policy = held.policy if held else shipped(DEFAULT_POLICY)
        shown = {
            "policy": str(policy),
            "sha256": policy.digest,
            "text": policy.text,
            "since": held.since if held else None,
            "proposed": str(proposed.policy) if proposed else None,
        }
        return Response(PolicySerializer(shown).data)
