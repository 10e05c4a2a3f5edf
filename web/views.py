"""The start page."""

from django.http import HttpResponse
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.queries import my_projects
from accounts.roles import ROLE_LABELS
from accounts.views.requests import PageRequest, server_address


@signed_in
def home(request: PageRequest) -> HttpResponse:
    """Who am I, what are my projects, and how does my script reach this server?"""
    context = {
        "projects": my_projects(request.principal),
        "everywhere": sorted(ROLE_LABELS[role] for role in request.principal.grants.everywhere),
        "tracking_uri": f"export MLFLOW_TRACKING_URI={server_address(request)}",
        "section": "home",
    }
    return TemplateResponse(request, "web/home.html", context)
