"""The addresses of the pages of lineage."""

from django.urls import URLPattern, path

from lineage.views import access, recalls

app_name = "lineage"
urlpatterns: list[URLPattern] = [
    path("lineage/recalls", recalls.recalls, name="recalls"),
    path("lineage/recalls/new", recalls.new_recall, name="new-recall"),
    path("lineage/recalls/<int:pk>", recalls.recall, name="recall"),
    path("lineage/recalls/<int:pk>/clear", recalls.clear_recall, name="clear-recall"),
    path("lineage/recalls/<int:pk>/waive", recalls.waive_recall, name="waive-recall"),
    path("lineage/access-questions", access.questions, name="access-questions"),
    path("lineage/access-questions/<int:pk>", access.question, name="access-question"),
]
