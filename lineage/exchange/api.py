"""The addresses where other tools tell and ask: OpenLineage events, imports, exports."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from lineage.exchange.projects import PROJECT, WORKSPACE
from lineage.openlineage.api import TakenSerializer, take_event


class LineageView(SignedIn):
    """Where clients of OpenLineage speak to Marquez."""

    @extend_schema(
        operation_id="lineage_event",
        parameters=[PROJECT, WORKSPACE],
        request={"application/json": {"type": "object"}},
        responses={200: TakenSerializer, 201: TakenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take in an OpenLineage event about a run, a job or a dataset; the same event again changes nothing."""
        return take_event(self, request)
