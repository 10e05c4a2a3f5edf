"""Every address of the native API: each app brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from web.api.docs import DocsView, RootView, SchemaView

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", RootView.as_view(), name="root"),
    path("schema", SchemaView.as_view(), name="schema"),
    path("docs", DocsView.as_view(), name="docs"),
    path("", include("accounts.api.urls")),
    path("", include("tracking.api.urls")),
    path("", include("registry.api.urls")),
    path("", include("approvals.api.urls")),
    path("", include("lineage.exchange.urls")),
    path("", include("deployments.api.urls")),
    path("", include("lineage.api.urls")),
    path("", include("notifications.api.urls")),
    path("", include("web.log.urls")),
    path("", include("web.search.urls")),
]
