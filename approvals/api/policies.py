"""``/projects/<project>/policy``, ``/policies`` and ``/policy-assignments``: what is asked before promotions.

Reading, validating and rehearsing take the right to see the project, so that a CI job can check a policy with a token.
Publishing, letting a policy hold and agreeing take a person who is signed in: to a token they are refused.
"""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ReasonSerializer, Resource, SignedIn
from accounts.models import Project
from accounts.queries import find_project
from approvals import operations
from approvals.api.policy_forms import (
    AssignmentSerializer,
    DifferenceSerializer,
    HeldPolicySerializer,
    NewAssignmentSerializer,
    NewPolicySerializer,
    PolicySerializer,
    PolicyTextSerializer,
    RehearsalSerializer,
    ValidationSerializer,
    WrittenPolicySerializer,
    shown_rehearsal,
)
from approvals.exceptions import InvalidPolicy
from approvals.library import difference, find_policy, held_in, policies_in
from approvals.models import PolicyAssignment, PolicyVersion
from approvals.policy import read_policy
from approvals.rehearsal import rehearse
from approvals.standing import read
from audit.exceptions import NotFound
from registry.api.reads import Address, find_model
from registry.api.values import part

_PROJECT = part("project", "The short name of the project.")
_NUMBER = OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of the version.")
_POLICY = [_PROJECT, part("name", "The name of the policy."), _NUMBER]
_PROPOSAL = [
    _PROJECT,
    OpenApiParameter("pk", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of the assignment."),
]


class ProjectPolicyView(SignedIn):
    """The policy of a project."""

    @extend_schema(parameters=[_PROJECT], responses=HeldPolicySerializer)
    def get(self, request: Request, project: str) -> Response:
        """Show the policy that holds in a project now."""
        found = find_project(self.principal, project)
        policy = held_in(found)
        assignments = PolicyAssignment.objects.filter(project=found, model=None).select_related("policy")
        held, proposed = assignments.current().first(), assignments.proposed().first()
        shown = {
            "policy": str(policy),
            "sha256": policy.digest,
            "text": policy.text,
            "since": held.since if held else None,
            "proposed": str(proposed.policy) if proposed else None,
        }
        return Response(HeldPolicySerializer(shown).data)


class PolicyViewSet(Resource[PolicyVersion]):
    """Policies that could hold in a project. A published one never changes."""

    serializer_class = PolicySerializer
    queryset = PolicyVersion.objects.none()
    filter_backends = ()

    @extend_schema(parameters=[_PROJECT], responses=PolicySerializer(many=True))
    def list(self, request: Request, project: str) -> Response:
        """List the versions of all policies, the newest first; those of the server belong to every project."""
        return self.page_of(policies_in(self._project(project)), PolicySerializer)

    @extend_schema(parameters=[_PROJECT], request=NewPolicySerializer, responses={201: WrittenPolicySerializer})
    def create(self, request: Request, project: str) -> Response:
        """Publish a text as the next version of the policy that it names (a signed-in project admin)."""
        wanted = self.checked(NewPolicySerializer)
        made = operations.publish_policy(
            self.principal, self._project(project), wanted["text"], comment=wanted["comment"]
        )
        return Response(WrittenPolicySerializer(made).data, status.HTTP_201_CREATED)

    @extend_schema(parameters=[_PROJECT], request=PolicyTextSerializer, responses=ValidationSerializer)
    def validate(self, request: Request, project: str) -> Response:
        """Say what is wrong with a text, line by line, or how it differs from the policy that holds; keeps nothing."""
        text, held = self.checked(PolicyTextSerializer)["text"], held_in(self._project(project))
        try:
            policy = read_policy(text)
        except InvalidPolicy as wrong:
            return Response(ValidationSerializer({"is_valid": False, "errors": wrong.errors}).data)
        compared = difference(held, policy, text, policy.name)
        answer = {"is_valid": True, "errors": [], "name": policy.name, "held": str(held), "difference": compared}
        return Response(ValidationSerializer(answer).data)

    @extend_schema(parameters=[_PROJECT], request=PolicyTextSerializer, responses=RehearsalSerializer)
    def rehearse_text(self, request: Request, project: str) -> Response:
        """Judge the newest steps of the project by a text that was not published."""
        found = self._project(project)
        said = rehearse(self.principal, found, read_policy(self.checked(PolicyTextSerializer)["text"]))
        return Response(shown_rehearsal(said))

    @extend_schema(parameters=_POLICY, responses=WrittenPolicySerializer)
    def retrieve(self, request: Request, project: str, name: str, number: str) -> Response:
        """Show a policy with its text."""
        return Response(WrittenPolicySerializer(self._find(project, name, number)).data)

    @extend_schema(parameters=_POLICY, responses=RehearsalSerializer)
    def rehearse(self, request: Request, project: str, name: str, number: str) -> Response:
        """Judge the newest steps of the project by a published policy."""
        policy = self._find(project, name, number)
        return Response(shown_rehearsal(rehearse(self.principal, self._project(project), policy)))

    @extend_schema(parameters=_POLICY, responses=DifferenceSerializer)
    def diff(self, request: Request, project: str, name: str, number: str) -> Response:
        """Compare a policy with the one that holds in the project."""
        policy, held = self._find(project, name, number), held_in(self._project(project))
        compared = difference(held, read(policy), policy.text, str(policy))
        return Response(DifferenceSerializer({"held": str(held), **vars(compared)}).data)

    def _project(self, slug: str) -> Project:
        return find_project(self.principal, slug)

    def _find(self, project: str, name: str, number: str) -> PolicyVersion:
        return find_policy(self._project(project), name, int(number))


class PolicyAssignmentViewSet(Resource[PolicyAssignment]):
    """What held when in a project or on one of its models, and what waits for a second person."""

    serializer_class = AssignmentSerializer
    queryset = PolicyAssignment.objects.none()
    filter_backends = ()

    @extend_schema(parameters=[_PROJECT], responses=AssignmentSerializer(many=True))
    def list(self, request: Request, project: str) -> Response:
        """List assignments and proposals, the newest first."""
        return self.page_of(self._rows(project), AssignmentSerializer)

    @extend_schema(parameters=[_PROJECT], request=NewAssignmentSerializer, responses={201: AssignmentSerializer})
    def create(self, request: Request, project: str) -> Response:
        """Let a policy hold (a signed-in project admin); one that asks for less waits for a second person."""
        wanted = self.checked(NewAssignmentSerializer)
        found = find_project(self.principal, project)
        policy = find_policy(found, wanted["policy"], wanted["number"])
        model = find_model(self.principal, Address(project, wanted["model"])) if wanted["model"] else None
        made = operations.assign_policy(self.principal, found, policy, model=model, reason=wanted["reason"])
        return self._show(project, made.pk, status.HTTP_201_CREATED)

    @extend_schema(parameters=_PROPOSAL, request=ReasonSerializer, responses=AssignmentSerializer)
    def agree(self, request: Request, project: str, pk: str) -> Response:
        """Agree to a proposal, as another signed-in project admin or approver than its proposer."""
        operations.agree_to_policy(self.principal, self._find(project, int(pk)), **self.checked(ReasonSerializer))
        return self._show(project, int(pk))

    @extend_schema(parameters=_PROPOSAL, request=ReasonSerializer, responses=AssignmentSerializer)
    def withdraw(self, request: Request, project: str, pk: str) -> Response:
        """Take a proposal back, or refuse it (a signed-in project admin or approver)."""
        operations.withdraw_policy(self.principal, self._find(project, int(pk)), **self.checked(ReasonSerializer))
        return self._show(project, int(pk))

    def _rows(self, project: str) -> Any:
        """Those of the project, and those of models that the reader may see."""
        found = find_project(self.principal, project)
        rows = PolicyAssignment.objects.filter(project=found).visible_to(self.principal)
        return rows.select_related("project", "policy", "model", "proposed_by", "agreed_by")

    def _find(self, project: str, pk: int) -> PolicyAssignment:
        found: PolicyAssignment | None = self._rows(project).filter(pk=pk).first()
        if found is None:
            raise NotFound(f"There is no change of policy {pk} in this project.")
        return found

    def _show(self, project: str, pk: int, code: int = status.HTTP_200_OK) -> Response:
        return self.answer(self._find(project, pk), code)
