"""``/registered-models/<project>/<name>/versions`` and, across models, ``/model-versions``."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ReasonSerializer, Resource
from accounts.api.fields import TagSerializer, at_field
from audit.exceptions import InvalidInput, NotFound
from registry import operations
from registry.api.intervals import StaySerializer
from registry.api.reads import Address, files_of, find_model, find_version, of, show_version, shown_versions
from registry.api.values import KEY, MODEL_ADDRESS, VERSION_ADDRESS, DescriptionSerializer, DetailQuerySerializer
from registry.api.version_forms import (
    FindingSerializer,
    ModelVersionDetailSerializer,
    ModelVersionQuerySerializer,
    ModelVersionSearchSerializer,
    ModelVersionSerializer,
    NeededReasonSerializer,
    NewModelVersionSerializer,
    TransitionSerializer,
)
from registry.exceptions import InvalidStage, StageChangeNotAllowed
from registry.models import Lifecycle, ModelVersion, StageInterval
from registry.promotion import promote
from registry.querysets import ModelVersionQuerySet
from registry.rules import Stage
from registry.search import MODEL_VERSIONS
from registry.stamps import stamps_of


class _Versions(Resource[ModelVersion]):
    """Lists of versions."""

    serializer_class = ModelVersionSerializer
    filter_backends = ()
    queryset = ModelVersion.objects.none()

    def matching(self, asked: dict[str, Any]) -> ModelVersionQuerySet:
        """The versions that a query asks for."""
        at = asked.get("at")
        versions = shown_versions(self.principal, at).filter(MODEL_VERSIONS.q(asked["filter"]))
        if "stage" in asked:
            versions = versions.filter(Q(shown_stage=asked["stage"]))  # as annotated by `shown_versions`
        lifecycle = asked.get("lifecycle") or (Lifecycle.ACTIVE if at is None else "all")
        return versions if lifecycle == "all" else versions.filter(lifecycle=lifecycle)


class ModelVersionSearchViewSet(_Versions):
    """Versions of all models."""

    @extend_schema(parameters=[ModelVersionSearchSerializer], responses=ModelVersionSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the versions of any models that match, the newest first: what was in Production on that day?"""
        asked = self.asked(ModelVersionSearchSerializer)
        versions = self.matching(asked)
        if "at" not in asked:
            versions = versions.filter(model__lifecycle=Lifecycle.ACTIVE)
        if "project" in asked:
            versions = versions.filter(model__project__slug=asked["project"])
        if asked["kind"] != "all":
            versions = versions.filter(is_prompt=asked["kind"] == "prompt")
        return self.page_of(versions, ModelVersionSerializer)


class ModelVersionViewSet(_Versions):
    """Versions of one model."""

    lookup_field = "number"
    lookup_value_regex = "[0-9]{1,9}"

    @extend_schema(
        parameters=[*MODEL_ADDRESS, ModelVersionQuerySerializer], responses=ModelVersionSerializer(many=True)
    )
    def list(self, request: Request, project: str, name: str) -> Response:
        """List the versions of a model that match, the newest first; with ``at`` as they were at that moment."""
        asked, address = self.asked(ModelVersionQuerySerializer), Address(project, name)
        response = self.page_of(self.matching(asked).filter(of(address)), ModelVersionSerializer)
        if not response.data["results"]:
            find_model(self.principal, address)  # Raises when there is no such model.
        return response

    @extend_schema(
        parameters=MODEL_ADDRESS, request=NewModelVersionSerializer, responses={201: ModelVersionDetailSerializer}
    )
    def create(self, request: Request, project: str, name: str) -> Response:
        """Register the next version of a model, in stage None."""
        wanted, address = self.checked(NewModelVersionSerializer), Address(project, name)
        model = find_model(self.principal, address)
        blamed = next(field for field in ("source", "logged_model", "run") if field in self.request.data)
        with at_field(blamed, InvalidInput, NotFound):
            version = operations.create_model_version(
                self.principal,
                model,
                wanted["source"],
                run_uid=wanted.get("run"),
                logged_model_uid=wanted.get("logged_model"),
                run_link=wanted["run_link"],
                tags=wanted["tags"],
                description=wanted["description"],
            )
        return _shown(show_version(self.principal, address, version.number), code=status.HTTP_201_CREATED)

    @extend_schema(parameters=[*VERSION_ADDRESS, DetailQuerySerializer], responses=ModelVersionDetailSerializer)
    def retrieve(self, request: Request, project: str, name: str, number: str) -> Response:
        """Show a version with its files; with ``at`` in the stage and with the aliases of that moment."""
        asked = self.asked(DetailQuerySerializer)
        version = show_version(self.principal, Address(project, name), int(number), **asked)
        return _shown(version, at=asked.get("at"))

    @extend_schema(parameters=VERSION_ADDRESS, request=DescriptionSerializer, responses=ModelVersionDetailSerializer)
    def partial_update(self, request: Request, project: str, name: str, number: str) -> Response:
        """Describe a version anew."""
        operations.update_model_version(self.principal, self._version(), **self.checked(DescriptionSerializer))
        return self._show()

    @extend_schema(parameters=VERSION_ADDRESS, request=ReasonSerializer, responses={204: None})
    def destroy(self, request: Request, project: str, name: str, number: str) -> Response:
        """Move a version to the trash; its number stays used."""
        operations.delete_model_version(self.principal, self._version(), **self.checked(ReasonSerializer))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=VERSION_ADDRESS, request=ReasonSerializer, responses=ModelVersionDetailSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, project: str, name: str, number: str) -> Response:
        """Take a version out of the trash, into the stage it was in."""
        trashed = self._version(Lifecycle.TRASHED)
        operations.restore_model_version(self.principal, trashed, **self.checked(ReasonSerializer))
        return self._show()

    @extend_schema(parameters=VERSION_ADDRESS, request=TransitionSerializer, responses=ModelVersionDetailSerializer)
    @action(detail=True, methods=["post"])
    def transition(self, request: Request, project: str, name: str, number: str) -> Response:
        """Move a version to another stage. Whoever is in Production makes room by being archived."""
        wanted = self.checked(TransitionSerializer)
        stage, version = Stage(wanted.pop("stage")), self._version()
        with at_field("stage", StageChangeNotAllowed), at_field("archive_existing", InvalidStage):
            promote(self.principal, version, stage, **wanted)
        return self._show()

    @extend_schema(parameters=VERSION_ADDRESS, request=NeededReasonSerializer, responses=ModelVersionDetailSerializer)
    @action(detail=True, methods=["post"], url_path="roll-back")
    def roll_back(self, request: Request, project: str, name: str, number: str) -> Response:
        """Let Production go back to a version that was there before, in one step and without asking again."""
        operations.roll_back(self.principal, self._version(), **self.checked(NeededReasonSerializer))
        return self._show()

    @extend_schema(parameters=VERSION_ADDRESS, request=NeededReasonSerializer, responses=ModelVersionDetailSerializer)
    @action(detail=True, methods=["post"])
    def quarantine(self, request: Request, project: str, name: str, number: str) -> Response:
        """Let nobody load, promote or deploy a version from now on."""
        operations.quarantine(self.principal, self._version(), **self.checked(NeededReasonSerializer))
        return self._show()

    @extend_schema(parameters=VERSION_ADDRESS, request=FindingSerializer, responses=ModelVersionDetailSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, project: str, name: str, number: str) -> Response:
        """Let a version out of quarantine. A decision of a signed-in person: tokens cannot take it."""
        operations.release(self.principal, self._version(), **self.checked(FindingSerializer))
        return self._show()

    @extend_schema(parameters=VERSION_ADDRESS, responses=StaySerializer(many=True))
    @action(detail=True, methods=["get"])
    def stages(self, request: Request, project: str, name: str, number: str) -> Response:
        """List every stay of a version in a stage, the newest first."""
        stays = StageInterval.objects.filter(version=self._version()).select_related("version", "actor")
        return self.page_of(stays, StaySerializer)

    @extend_schema(parameters=[*VERSION_ADDRESS, KEY], request=TagSerializer, responses=ModelVersionDetailSerializer)
    @action(detail=True, methods=["put"], url_path="tags/(?P<key>[^\x00]+)")
    def set_tag(self, request: Request, project: str, name: str, number: str, key: str) -> Response:
        """Set a tag."""
        operations.set_version_tag(self.principal, self._version(), key, self.checked(TagSerializer)["value"])
        return self._show()

    @extend_schema(parameters=[*VERSION_ADDRESS, KEY], responses={204: None})
    @set_tag.mapping.delete
    def delete_tag(self, request: Request, project: str, name: str, number: str, key: str) -> Response:
        """Take a tag off; one that is not there is no mistake."""
        operations.delete_version_tag(self.principal, self._version(), key)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @property
    def _address(self) -> tuple[Address, int]:
        return Address(self.kwargs["project"], self.kwargs["name"]), int(self.kwargs["number"])

    def _version(self, lifecycle: str = Lifecycle.ACTIVE) -> ModelVersion:
        """The version that the address names, for an operation."""
        return find_version(self.principal, *self._address, lifecycle=lifecycle)

    def _show(self) -> Response:
        """The version that the address names, as it is after an operation."""
        return _shown(show_version(self.principal, *self._address))


def _shown(version: Any, *, at: int | None = None, code: int = status.HTTP_200_OK) -> Response:
    version.shown_files, version.shown_at = files_of(version), at
    version.shown_stamps = [stamp.word for stamp in stamps_of([version])[version.pk]]
    return Response(ModelVersionDetailSerializer(version).data, status=code)
