"""``…/artifacts`` and ``…/artifacts/<path>``: listing, reading, writing and deleting the files of one owner."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from accounts.api.paging import TokenPages
from accounts.principals import Principal
from artifacts.exceptions import NoSuchFile
from artifacts.models import ArtifactFile, ArtifactSpace
from artifacts.operations import delete_artifacts, store_file
from artifacts.paths import parse_folder
from artifacts.queries import Entry, list_folder, open_file
from artifacts.streaming import file_response, incoming
from audit.exceptions import Refusal

PATH = OpenApiParameter("path", OpenApiTypes.STR, OpenApiParameter.PATH, description="The path; names part by '/'.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an owner's artifacts lie: in a folder of a space. Without a space nothing was stored yet."""

    space: ArtifactSpace | None
    prefix: str = ""

    def below(self, path: str) -> str:
        """The path in the space of what the owner calls ``path``."""
        return f"{self.prefix}/{path}" if self.prefix and path else self.prefix or path


class EntrySerializer(serializers.Serializer[Entry]):
    """A file or a folder."""

    path = serializers.SerializerMethodField(help_text="From the root of the artifacts.")
    is_folder = serializers.BooleanField()
    size = serializers.SerializerMethodField(help_text="In bytes; null for a folder.")

    def get_path(self, entry: Entry) -> str:
        """Where it lies."""
        return f"{self.context['folder']}{entry.name}"

    def get_size(self, entry: Entry) -> int | None:
        """How long it is."""
        return None if entry.is_folder else entry.size


class StoredFileSerializer(serializers.ModelSerializer[ArtifactFile]):
    """A file as it was stored."""

    path = serializers.CharField()

    class Meta:
        model = ArtifactFile
        fields = ["path", "size", "sha256", "created_at"]
        read_only_fields = fields


class FolderQuerySerializer(serializers.Serializer[Any]):
    """Which folder."""

    path = serializers.CharField(
        required=False, default="", allow_blank=True, trim_whitespace=False, help_text="A folder; left out: the root."
    )


class DeletedFilesSerializer(serializers.Serializer[Any]):
    """What was deleted."""

    files = serializers.IntegerField(help_text="How many files.")


class Anything(BaseContentNegotiation):
    """Whatever type a client accepts, it gets the file, and refusals as JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """None: the body is no message but a file."""
        return None

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The one there is."""
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type or ""


class FolderView(SignedIn, GenericAPIView[Any]):
    """The files and folders in a folder of an owner's artifacts."""

    serializer_class = EntrySerializer
    pagination_class = TokenPages
    filter_backends = ()

    @abstractmethod
    def place(self, actor: Principal, **address: Any) -> Place:
        """Where the artifacts of the owner at ``address`` lie. Raises `NotFound` for what ``actor`` may not see."""

    @extend_schema(parameters=[FolderQuerySerializer], responses=EntrySerializer(many=True))
    def get(self, request: Request, **address: Any) -> Response:
        """List a folder by name: its files and, without what is in them, its folders."""
        query = FolderQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        folder = parse_folder(query.validated_data["path"])
        place = self.place(self.principal, **address)
        entries = list_folder(place.space, place.below(folder)) if place.space else []
        pages = TokenPages()
        size, after = pages.asked(request)
        following = [entry for entry in entries if entry.name > after]
        token = following[size - 1].name if len(following) > size else ""
        rows: Any = following[:size]
        shown = EntrySerializer(rows, many=True, context={"folder": folder}).data
        return pages.respond(request, shown, token)


class FileView(SignedIn):
    """One file of an owner's artifacts, to be read."""

    content_negotiation_class = Anything

    @abstractmethod
    def place(self, actor: Principal, **address: Any) -> Place:
        """As in `FolderView`."""

    @extend_schema(
        parameters=[
            PATH,
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One part: `bytes=0-1023`."),
            OpenApiParameter("If-Range", str, OpenApiParameter.HEADER, description="The ETag of what is there."),
        ],
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The file."),
            (206, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The part of it."),
        },
    )
    def get(self, request: Request, path: str, **address: Any) -> StreamingHttpResponse:
        """Download a file or a part of it. The ETag is its SHA-256."""
        place = self.place(self.principal, **address)
        if place.space is None:
            raise _no_such_file(path)
        asked = {"asked_range": request.META.get("HTTP_RANGE", ""), "if_range": request.META.get("HTTP_IF_RANGE", "")}
        return file_response(open_file(self.principal, place.space, place.below(path), **asked))


class WritableFileView(FileView):
    """One file of an owner's artifacts."""

    #: Such a body is never held in memory, as an ``Idempotency-Key`` would need; sending it twice does no harm.
    streams_body = True

    @abstractmethod
    def open_space(self, actor: Principal, **address: Any) -> ArtifactSpace:
        """The owner's space, made when this is its first file. Raises `NotFound` and `PermissionDenied`."""

    @extend_schema(
        parameters=[
            PATH,
            OpenApiParameter(
                "Content-Digest", str, OpenApiParameter.HEADER, description="`sha-256=:<base64>:`, to be compared."
            ),
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=StoredFileSerializer,
    )
    def put(self, request: Request, path: str, **address: Any) -> Response:
        """Store the body as a file, in place of what was there. It may be of any length."""
        body = incoming(request.META)
        try:
            space = self.open_space(self.principal, **address)
        except (Refusal, Http404):
            body.drain()  # A client that is still sending would not hear why.
            raise
        return Response(StoredFileSerializer(store_file(self.principal, space, path, body)).data)

    @extend_schema(parameters=[PATH], request=None, responses=DeletedFilesSerializer)
    def delete(self, request: Request, path: str, **address: Any) -> Response:
        """Delete a file, or a folder with everything in it."""
        place = self.place(self.principal, **address)
        deleted = delete_artifacts(self.principal, place.space, place.below(path)) if place.space else 0
        if not deleted:
            raise _no_such_file(path)
        return Response({"files": deleted})


def _no_such_file(path: str) -> NoSuchFile:
    return NoSuchFile(f"There is no file or folder {path[:200]}.")
