"""The addresses of promotions below ``/api/v1/``."""

from django.urls import URLPattern, URLResolver, re_path
from rest_framework.routers import SimpleRouter

from approvals.api.policies import ProjectPolicyView
from approvals.api.requests import CheckResultView, CheckView, PromotionRequestViewSet
from registry.api.values import NAME_PATTERN, PROJECT_PATTERN

_VERSION = f"^registered-models/{PROJECT_PATTERN}/{NAME_PATTERN}/versions/(?P<number>[0-9]{{1,9}})"

router = SimpleRouter(trailing_slash=False)
router.register("promotion-requests", PromotionRequestViewSet, basename="promotion-request")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    re_path(f"^projects/{PROJECT_PATTERN}/policy$", ProjectPolicyView.as_view(), name="project-policy"),
    re_path(f"{_VERSION}/check$", CheckView.as_view(), name="version-check"),
    re_path(f"{_VERSION}/check-results$", CheckResultView.as_view(), name="version-check-results"),
]
