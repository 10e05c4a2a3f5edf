"""The addresses of lineage below ``/api/v1/``; ``lineage`` itself is OpenLineage's."""

from django.urls import URLPattern, URLResolver, path

from lineage.api import graph

urlpatterns: list[URLPattern | URLResolver] = [
    path("lineage/node", graph.NodeView.as_view(), name="lineage-node"),
    path("lineage/walk", graph.WalkView.as_view(), name="lineage-walk"),
]
