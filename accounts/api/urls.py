"""The addresses of accounts below ``/api/v1/``."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from accounts.api.access import ExplainView, WhoAmIView
from accounts.api.projects import ProjectViewSet
from accounts.api.role_bindings import RoleBindingViewSet
from accounts.api.service_accounts import ServiceAccountViewSet
from accounts.api.teams import TeamViewSet
from accounts.api.tokens import TokenViewSet
from accounts.api.users import UserViewSet

router = SimpleRouter(trailing_slash=False)
router.register("users", UserViewSet, basename="user")
router.register("service-accounts", ServiceAccountViewSet, basename="service-account")
router.register("teams", TeamViewSet, basename="team")
router.register("projects", ProjectViewSet, basename="project")
router.register("role-bindings", RoleBindingViewSet, basename="role-binding")
router.register("tokens", TokenViewSet, basename="token")

urlpatterns: list[URLPattern | URLResolver] = [
    path("whoami", WhoAmIView.as_view(), name="whoami"),
    path("access/explain", ExplainView.as_view(), name="explain"),
    *router.urls,
]
