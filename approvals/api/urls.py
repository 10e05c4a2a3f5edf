"""The addresses of promotions below ``/api/v1/``."""

from typing import Any

from django.urls import URLPattern, URLResolver, re_path
from rest_framework.routers import SimpleRouter

from accounts.api.base import Resource
from approvals.api.policies import PolicyAssignmentViewSet, PolicyViewSet, ProjectPolicyView
from approvals.api.requests import CheckResultView, CheckView, PromotionRequestViewSet
from registry.api.values import NAME_PATTERN, PROJECT_PATTERN

_POLICIES = f"^projects/{PROJECT_PATTERN}/policies"
_POLICY = f"{_POLICIES}/(?P<name>[a-z0-9][a-z0-9-]*)/(?P<number>[0-9]{{1,9}})"
_ASSIGNMENTS = f"^projects/{PROJECT_PATTERN}/policy-assignments"
_PROPOSAL = f"{_ASSIGNMENTS}/(?P<pk>[0-9]{{1,18}})"
_VERSION = f"^registered-models/{PROJECT_PATTERN}/{NAME_PATTERN}/versions/(?P<number>[0-9]{{1,9}})"


def _route(address: str, view: type[Resource[Any]], name: str, **methods: str) -> URLPattern:
    return re_path(address, view.as_view({**methods}), name=name)


router = SimpleRouter(trailing_slash=False)
router.register("promotion-requests", PromotionRequestViewSet, basename="promotion-request")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    re_path(f"^projects/{PROJECT_PATTERN}/policy$", ProjectPolicyView.as_view(), name="project-policy"),
    _route(f"{_POLICIES}$", PolicyViewSet, "policies", get="list", post="create"),
    _route(f"{_POLICIES}/validate$", PolicyViewSet, "policy-validate", post="validate"),
    _route(f"{_POLICIES}/rehearse$", PolicyViewSet, "policy-rehearse-text", post="rehearse_text"),
    _route(f"{_POLICY}$", PolicyViewSet, "policy", get="retrieve"),
    _route(f"{_POLICY}/diff$", PolicyViewSet, "policy-diff", get="diff"),
    _route(f"{_POLICY}/rehearsal$", PolicyViewSet, "policy-rehearsal", get="rehearse"),
    _route(f"{_ASSIGNMENTS}$", PolicyAssignmentViewSet, "policy-assignments", get="list", post="create"),
    _route(f"{_PROPOSAL}/agree$", PolicyAssignmentViewSet, "policy-agree", post="agree"),
    _route(f"{_PROPOSAL}/withdraw$", PolicyAssignmentViewSet, "policy-withdraw", post="withdraw"),
    re_path(f"{_VERSION}/check$", CheckView.as_view(), name="version-check"),
    re_path(f"{_VERSION}/check-results$", CheckResultView.as_view(), name="version-check-results"),
]
