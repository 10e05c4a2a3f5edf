"""The addresses of the registry below ``/api/v1/``."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from registry.api.alias_rules import AliasRuleViewSet
from registry.api.aliases import AliasViewSet
from registry.api.artifacts import ModelVersionFileView, ModelVersionFolderView
from registry.api.cards import CardViewSet, ModelCardViewSet, VersionCardViewSet
from registry.api.registered_models import RegisteredModelListViewSet, RegisteredModelViewSet
from registry.api.values import NAME_PATTERN, PROJECT_PATTERN
from registry.api.versions import ModelVersionSearchViewSet, ModelVersionViewSet

_MODEL = f"registered-models/{PROJECT_PATTERN}/{NAME_PATTERN}"
_VERSION = f"{_MODEL}/versions/(?P<number>[0-9]{{1,9}})"
_ARTIFACTS = f"^{_VERSION}/artifacts"
_RULES = f"projects/{PROJECT_PATTERN}/governed-aliases"
_REVISION = "(?P<revision>[0-9]{1,9})"


def _card_of(owner: str, view: type[CardViewSet], name: str) -> list[URLPattern]:
    return [
        re_path(f"^{owner}/card$", view.as_view({"get": "retrieve", "patch": "partial_update"}), name=name),
        re_path(f"^{owner}/card/revisions$", view.as_view({"get": "list"}), name=f"{name}-revisions"),
        re_path(f"^{owner}/card/revisions/{_REVISION}$", view.as_view({"get": "revision"}), name=f"{name}-revision"),
    ]


router = SimpleRouter(trailing_slash=False)
router.register(f"registered-models/{PROJECT_PATTERN}", RegisteredModelViewSet, basename="registered-model")
router.register(f"{_MODEL}/versions", ModelVersionViewSet, basename="model-version")
router.register(f"{_MODEL}/aliases", AliasViewSet, basename="alias")

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "registered-models",
        RegisteredModelListViewSet.as_view({"get": "list", "post": "create"}),
        name="registered-model-list",
    ),
    path("model-versions", ModelVersionSearchViewSet.as_view({"get": "list"}), name="model-version-search"),
    *router.urls,
    re_path(f"^{_RULES}$", AliasRuleViewSet.as_view({"get": "list", "post": "create"}), name="governed-aliases"),
    re_path(f"^{_RULES}/(?P<pk>[0-9]{{1,18}})/free$", AliasRuleViewSet.as_view({"post": "free"}), name="free-alias"),
    *_card_of(_MODEL, ModelCardViewSet, "model-card"),
    *_card_of(_VERSION, VersionCardViewSet, "version-card"),
    re_path(f"{_ARTIFACTS}$", ModelVersionFolderView.as_view(), name="model-version-folder"),
    re_path(f"{_ARTIFACTS}/(?P<path>.+)$", ModelVersionFileView.as_view(), name="model-version-file"),
]
