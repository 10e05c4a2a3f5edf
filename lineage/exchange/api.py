"""The addresses where other tools tell and ask: OpenLineage events, imports, exports."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from audit.exceptions import InvalidInput
from lineage.dvc import facts_of, read_lock
from lineage.exchange.marquez import lineage_around
from lineage.exchange.ndjson import read_ndjson
from lineage.exchange.projects import PROJECT, WORKSPACE, project_of
from lineage.exchange.prov import read_prov
from lineage.exchange.reading import body_of, json_of
from lineage.keys import repository_url
from lineage.openlineage.api import TakenSerializer, take_event
from lineage.operations.imports import Reader, import_lineage

_LARGEST_FILE = 32 * 1024 * 1024


class ImportedSerializer(serializers.Serializer[Any]):
    """What came of an import."""

    is_new = serializers.BooleanField(help_text="False when the same file had been imported before.")
    things = serializers.IntegerField(help_text="How many things it named.")
    flows = serializers.IntegerField(help_text="How many links between them it named.")


class DvcLockSerializer(serializers.Serializer[Any]):
    """A ``dvc.lock`` and where it lies."""

    lock = serializers.CharField(help_text="Its text.")
    repository = serializers.CharField(max_length=1000, help_text="The address of the git repository.")
    commit = serializers.CharField(required=False, help_text="The whole hash of the commit that holds it.")
    path = serializers.CharField(required=False, default="dvc.lock", help_text="Where it lies in the repository.")
    committed_at = serializers.DateTimeField(required=False, help_text="When the commit was made.")


class DvcImportView(SignedIn):
    """What DVC wrote down."""

    @extend_schema(
        operation_id="lineage_import_dvc",
        parameters=[PROJECT, WORKSPACE],
        request=DvcLockSerializer,
        responses={200: ImportedSerializer, 201: ImportedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Import a dvc.lock: each stage is a run that read and wrote files known by their digests."""
        sent = json_of(body_of(request._request))
        if isinstance(sent, dict) and isinstance(sent.get("repository"), str):
            sent["repository"] = repository_url(sent["repository"])  # without a name and password that it may hold
        return take_file(self, request, "dvc", sent, lambda sent: facts_of(read_lock(sent)))


class ProvImportView(SignedIn):
    """What others wrote in W3C's format."""

    @extend_schema(
        operation_id="lineage_import_prov",
        parameters=[PROJECT, WORKSPACE],
        request={"application/json": {"type": "object"}},
        responses={200: ImportedSerializer, 201: ImportedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Import a PROV-JSON document: entities, activities and what came from what."""
        return take_file(self, request, "prov", json_of(body_of(request._request)), read_prov, keep=False)


class NdjsonImportView(SignedIn):
    """What a server of ours exported."""

    @extend_schema(
        operation_id="lineage_import_ndjson",
        parameters=[PROJECT, WORKSPACE],
        request={"application/x-ndjson": {"type": "string"}},
        responses={200: ImportedSerializer, 201: ImportedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Import an export in our own format. What the other server saw is declared here."""
        try:
            text = body_of(request._request, _LARGEST_FILE).decode()
        except UnicodeDecodeError as error:
            raise InvalidInput("The file is not UTF-8.") from error
        return take_file(self, request, "ndjson", text, read_ndjson, keep=False)


def take_file(view: SignedIn, request: Request, source: str, sent: Any, read: Reader, *, keep: bool = True) -> Response:
    """Import what was sent: 201 when it is new, 200 when the same was imported before."""
    done = import_lineage(view.principal, project_of(view.principal, request), source, sent, read, keep=keep)
    return Response(asdict(done), status=201 if done.is_new else 200)


class AroundSerializer(serializers.Serializer[Any]):
    """Around what, and how far."""

    nodeId = serializers.CharField(  # noqa: N815  (Marquez's word)
        max_length=2100, help_text="dataset:<namespace>:<name>, job:<namespace>:<name>, or a key."
    )
    depth = serializers.IntegerField(min_value=1, max_value=1000, default=20, help_text="From dataset to dataset.")


class GraphSerializer(serializers.Serializer[Any]):
    """Jobs and datasets, each with the edges that it is an end of."""

    graph = serializers.ListField(child=serializers.DictField())


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

    @extend_schema(operation_id="lineage_around", parameters=[AroundSerializer], responses=GraphSerializer)
    def get(self, request: Request) -> Response:
        """Show jobs and datasets around one of them, as Marquez does; versions and runs are in the other answers."""
        query = AroundSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        return Response(lineage_around(self.principal, asked["nodeId"], asked["depth"]))
