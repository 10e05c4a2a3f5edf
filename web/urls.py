"""The addresses of the pages that belong to no single app."""

from django.urls import URLPattern, path

from web.appearance import components, set_theme
from web.log.views import timeline
from web.search.views import search_page, suggest
from web.views import home

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("theme", set_theme, name="theme"),
    path("components", components, name="components"),
    path("audit", timeline, name="audit"),
    path("search", search_page, name="search"),
    path("search/suggest", suggest, name="suggest"),
]
