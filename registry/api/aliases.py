"""``/registered-models/<project>/<name>/aliases``: words that stand for versions."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Resource
from registry import operations
from registry.api.intervals import AliasQuerySerializer, AliasSerializer, AliasTargetSerializer
from registry.api.reads import Address, aliases_at, find_model, find_version
from registry.api.values import MODEL_ADDRESS, MomentQuerySerializer, part
from registry.exceptions import AliasNotFound
from registry.models import AliasInterval, RegisteredModel
from registry.querysets import AliasIntervalQuerySet
from registry.rules import alias_key


@extend_schema(parameters=MODEL_ADDRESS)
class AliasViewSet(Resource[AliasInterval]):
    """Aliases of a model."""

    serializer_class = AliasSerializer
    lookup_field = "alias"
    lookup_value_regex = "[^/\x00]+"
    filter_backends = ()
    queryset = AliasInterval.objects.none()

    @extend_schema(parameters=[AliasQuerySerializer])
    def list(self, request: Request, project: str, name: str) -> Response:
        """List the aliases of a model as they are, were at a moment, or ever were; the newest first."""
        asked = self.asked(AliasQuerySerializer)
        aliases = AliasInterval.objects.all() if asked["history"] else aliases_at(asked.get("at"))
        return self.page_of(_shown(aliases, self._model(project, name)), AliasSerializer)

    @extend_schema(parameters=[part("alias", "The alias, in any case."), MomentQuerySerializer])
    def retrieve(self, request: Request, project: str, name: str, alias: str) -> Response:
        """Show which version an alias stands for, or stood for at a moment."""
        return self._show(self._model(project, name), alias, self.asked(MomentQuerySerializer).get("at"))

    @extend_schema(parameters=[part("alias", "The alias.")], request=AliasTargetSerializer, responses=AliasSerializer)
    def update(self, request: Request, project: str, name: str, alias: str) -> Response:
        """Let an alias stand for a version; it leaves the version it stood for before."""
        number = self.checked(AliasTargetSerializer)["version"]
        version = find_version(self.principal, Address(project, name), number)
        operations.set_alias(self.principal, version, alias)
        return self._show(version.model, alias)

    @extend_schema(parameters=[part("alias", "The alias, in any case.")], responses={204: None})
    def destroy(self, request: Request, project: str, name: str, alias: str) -> Response:
        """Let an alias stand for nothing; one that is not there is no mistake."""
        operations.delete_alias(self.principal, self._model(project, name), alias)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _model(self, project: str, name: str) -> RegisteredModel:
        return find_model(self.principal, Address(project, name))

    def _show(self, model: RegisteredModel, alias: str, at: int | None = None) -> Response:
        found = _shown(aliases_at(at), model).filter(key=alias_key(alias)).first()
        if found is None:
            raise AliasNotFound(f"{model} has no alias {alias[:255]}.")
        return self.answer(found)


def _shown(aliases: AliasIntervalQuerySet, model: RegisteredModel) -> Any:
    return aliases.filter(model=model).select_related("version", "actor")
