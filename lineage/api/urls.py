"""The addresses of lineage below ``/api/v1/``; ``lineage`` itself is OpenLineage's."""

from django.urls import URLPattern, URLResolver, path

from lineage.api import graph, people, studies

urlpatterns: list[URLPattern | URLResolver] = [
    path("lineage/node", graph.NodeView.as_view(), name="lineage-node"),
    path("lineage/walk", graph.WalkView.as_view(), name="lineage-walk"),
    path("lineage/impact", studies.ImpactView.as_view(), name="lineage-impact"),
    path("lineage/impact/whole", studies.WholeImpactView.as_view(), name="lineage-impact-whole"),
    path("lineage/paths", studies.PathsView.as_view(), name="lineage-paths"),
    path("lineage/diff", studies.DiffView.as_view(), name="lineage-diff"),
    path("lineage/view", studies.ViewView.as_view(), name="lineage-view"),
    path("lineage/heatmap", studies.HeatmapView.as_view(), name="lineage-heatmap"),
    path("lineage/reproduce", studies.ReproduceView.as_view(), name="lineage-reproduce"),
    path("lineage/coverage", studies.CoverageView.as_view(), name="lineage-coverage"),
    path("lineage/recalls", people.RecallsView.as_view(), name="recall-list"),
    path("lineage/recalls/<int:pk>", people.RecallView.as_view(), name="recall-detail"),
    path("lineage/recalls/<int:pk>/clear", people.ClearRecallView.as_view(), name="recall-clear"),
    path("lineage/recalls/<int:pk>/waivers", people.RecallWaiversView.as_view(), name="recall-waivers"),
    path("lineage/access-requests", people.AccessRequestsView.as_view(), name="access-request-list"),
    path("lineage/access-questions", people.AccessQuestionsView.as_view(), name="access-question-list"),
    path("lineage/access-questions/<int:pk>", people.AccessQuestionView.as_view(), name="access-question-detail"),
]
