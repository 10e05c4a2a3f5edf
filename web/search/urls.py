"""The address of the search below ``/api/v1/``."""

from django.urls import URLPattern, path

from web.search.api import SearchView

urlpatterns: list[URLPattern] = [path("search", SearchView.as_view(), name="search")]
