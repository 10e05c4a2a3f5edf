"""The search page, and the suggestions that appear while somebody types."""

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from accounts.authentication import signed_in
from accounts.views.requests import PageRequest
from web.search.hits import LABELS, Kind
from web.search.queries import search

#: Where somebody can go who has typed nothing yet: title, address, icon.
_PLACES = (
    ("Home", "/", "home"),
    ("Models", "/models", "package"),
    ("Experiments", "/experiments", "flask"),
    ("Audit", "/audit", "history"),
    ("Projects and access", "/projects", "users"),
    ("Profile and tokens", "/profile", "user"),
)
_HITS, _HITS_OF_ONE_KIND, _SUGGESTIONS = 6, 100, 4


@signed_in
def search_page(request: PageRequest) -> HttpResponse:
    """Everything that ``?q=`` could mean, by kind; ``?kind=`` shows more of one kind."""
    query, kind = request.GET.get("q", "").strip(), _kind(request)
    kinds = [kind] if kind else list(Kind)
    context = {
        "query": query,
        "kind": kind,
        "kinds": LABELS.items(),
        "groups": search(request.principal, query, kinds=kinds, limit=_HITS_OF_ONE_KIND if kind else _HITS),
        "most": _HITS_OF_ONE_KIND,
        "section": "search",
    }
    return TemplateResponse(request, "web/search.html", context)


@signed_in
@never_cache
def suggest(request: PageRequest) -> HttpResponse:
    """The best hits for what was typed so far, as a list to choose from; where to go when nothing was."""
    query = request.GET.get("q", "").strip()
    context = {"query": query, "groups": search(request.principal, query, limit=_SUGGESTIONS), "places": _PLACES}
    return TemplateResponse(request, "web/_suggestions.html", context)


def _kind(request: PageRequest) -> Kind | None:
    asked = request.GET.get("kind", "")
    return Kind(asked) if asked in set(Kind) else None
