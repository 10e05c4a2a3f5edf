"""The root of the native API, its OpenAPI description, and a page to browse and try it, without any other server."""

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

#: Every list below the root: what it is called, and the name of its route.
RESOURCES = {
    "whoami": "whoami",
    "users": "user-list",
    "service-accounts": "service-account-list",
    "teams": "team-list",
    "projects": "project-list",
    "role-bindings": "role-binding-list",
    "tokens": "token-list",
    "experiments": "experiment-list",
    "runs": "run-list",
    "logged-models": "logged-model-list",
    "registered-models": "registered-model-list",
    "model-versions": "model-version-search",
    "environments": "environment-list",
    "deployments": "deployment-list",
    "deployment-alerts": "deployment-alert-list",
    "permit-keys": "permit-key-list",
    "permit-verifier": "permit-verifier",
    "webhooks": "webhook-list",
    "audit/events": "event-list",
    "docs": "docs",
    "schema": "schema",
}


class RootView(APIView):
    """Where everything begins."""

    access = "signed_in"

    @extend_schema(responses={200: {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}})
    def get(self, request: Request) -> Response:
        """List the addresses of all resources."""
        return Response({name: reverse(f"api:{route}", request=request) for name, route in RESOURCES.items()})


class SchemaView(SpectacularAPIView):
    """The OpenAPI description, as YAML or JSON."""

    access = "signed_in"


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; its script has an address of its own, so that no inline code is needed."""

    access = "signed_in"
    url_name = "api:schema"
    template_name = "web/api_docs.html"
