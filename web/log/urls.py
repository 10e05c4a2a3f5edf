"""The addresses of the log below ``/api/v1/``."""

from django.urls import URLPattern, path

from web.log.api import EventDetailView, EventListView, ExportView

urlpatterns: list[URLPattern] = [
    path("audit/events", EventListView.as_view(), name="event-list"),
    path("audit/events/<uuid:uid>", EventDetailView.as_view(), name="event-detail"),
    path("audit/export", ExportView.as_view(), name="export"),
]
