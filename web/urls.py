"""The addresses of the pages that belong to no single app."""

from django.urls import URLPattern, path

from web.appearance import components, set_theme
from web.home.views import home, open_link
from web.log.views import timeline
from web.search.views import search_page, suggest

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("open", open_link, name="open-link"),
    path("theme", set_theme, name="theme"),
    path("components", components, name="components"),
    path("audit", timeline, name="audit"),
    path("search", search_page, name="search"),
    path("search/suggest", suggest, name="suggest"),
]
