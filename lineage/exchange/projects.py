"""In which project a client of another tool speaks: such a client knows no projects of ours."""

from typing import Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounts.models import Project
from accounts.operations.projects import DEFAULT_PROJECT
from accounts.principals import Principal
from accounts.queries import find_project
from audit.exceptions import InvalidInput

PROJECT: Final = OpenApiParameter(
    "project",
    OpenApiTypes.STR,
    description="The short name of the project; without it the header, then the token's project.",
)
WORKSPACE: Final = OpenApiParameter(
    "X-MLFLOW-WORKSPACE",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The project, as MLflow's clients say it.",
)


def project_of(principal: Principal, request: Request) -> Project:
    """The project of the query ``project``, of the workspace header, of the token, or `DEFAULT_PROJECT`.

    Raises NotFound, and InvalidInput where query and header differ.
    """
    asked = request.query_params.get("project", "").strip()
    header = request.headers.get("X-MLFLOW-WORKSPACE", "").strip()
    if asked and header and asked != header:
        raise InvalidInput(f"The address names the project “{asked}” and the header “{header}”.")
    if slug := asked or header:
        return find_project(principal, slug)
    if principal.project_limit is not None:
        return Project.objects.get(pk=principal.project_limit)
    return find_project(principal, DEFAULT_PROJECT)
