"""``…/card``: the model card of a model or of a version, and its revisions."""

from abc import abstractmethod
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Resource
from accounts.api.fields import Moment, Text, TextMap
from registry import operations
from registry.api.reads import Address, find_model, find_version
from registry.api.values import MODEL_ADDRESS, VERSION_ADDRESS, part
from registry.cards import COMMENT_LENGTH
from registry.models import CardRevision, ModelVersion, RegisteredModel
from registry.queries.cards import Card, card_at, card_of, revisions_of


class CardRevisionSerializer(serializers.ModelSerializer[CardRevision]):
    """One revision of a card, without its text."""

    revision = serializers.IntegerField(source="number")
    author = serializers.CharField(source="author.username", help_text="Who saved it.")
    created_at = Moment()

    class Meta:
        model = CardRevision
        fields = ["revision", "digest", "comment", "author", "created_at"]
        read_only_fields = fields


class CardSerializer(serializers.Serializer[Card]):
    """A card, now or in one of its revisions."""

    revision = serializers.IntegerField(source="number", help_text="0 while nobody has written this very card.")
    sections = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()
    started_from = serializers.SerializerMethodField()
    digest = serializers.CharField(help_text="SHA-256 of the text.")
    comment = serializers.CharField(source="revision.comment", default="", help_text="What the author said of it.")
    author = serializers.CharField(source="revision.author.username", default=None, allow_null=True)
    created_at = Moment(source="revision.created_at", default=None, allow_null=True)

    def get_sections(self, card: Card) -> dict[str, str]:
        """What each section says, as Markdown."""
        return {written.section.key: written.text for written in card.sections}

    def get_missing(self, card: Card) -> list[str]:
        """The sections that nobody has written yet."""
        return [section.key for section in card.missing]

    def get_started_from(self, card: Card) -> str | None:
        """The version whose card this version took over and that nobody has edited for it yet."""
        version = card.started_from
        return f"{version.model.project.slug}/{version.model.name}/{version.number}" if version else None


class NewCardRevisionSerializer(serializers.Serializer[Any]):
    """Sections to change. Those left out stay as they are; an empty text takes a section away."""

    sections = TextMap()
    based_on = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The revision that was edited; refused with 409 when there is a newer one. Left out: any.",
    )
    comment = Text(required=False, default="", max_length=COMMENT_LENGTH, help_text="What was changed, and why.")


class CardViewSet(Resource[CardRevision]):
    """The card of something, and the operation that saves it."""

    serializer_class = CardRevisionSerializer
    filter_backends = ()
    queryset = CardRevision.objects.none()

    @abstractmethod
    def owner(self) -> Any:
        """The model or version that the address names."""

    @abstractmethod
    def save(self, **wanted: Any) -> object:
        """Save the card's next revision."""

    @extend_schema(responses=CardSerializer)
    def retrieve(self, request: Request, **address: str) -> Response:
        """Show the card as it is now."""
        return Response(CardSerializer(card_of(self.owner())).data)

    @extend_schema(request=NewCardRevisionSerializer, responses=CardSerializer)
    def partial_update(self, request: Request, **address: str) -> Response:
        """Save sections as the card's next revision."""
        self.save(**self.checked(NewCardRevisionSerializer))
        return Response(CardSerializer(card_of(self.owner())).data)

    @extend_schema(responses=CardRevisionSerializer(many=True))
    def list(self, request: Request, **address: str) -> Response:
        """List the revisions of the card, the newest first."""
        return self.page_of(revisions_of(self.owner()), CardRevisionSerializer)

    @extend_schema(parameters=[part("revision", "The number of the revision.")], responses=CardSerializer)
    def revision(self, request: Request, **address: str) -> Response:
        """Show the card as it was in a revision."""
        return Response(CardSerializer(card_at(self.owner(), int(address["revision"]))).data)


@extend_schema(parameters=MODEL_ADDRESS)
class ModelCardViewSet(CardViewSet):
    """The card of a model: what holds for all of its versions."""

    def owner(self) -> RegisteredModel:
        """The model that the address names."""
        return find_model(self.principal, Address(self.kwargs["project"], self.kwargs["name"]))

    def save(self, **wanted: Any) -> object:
        """Save the model's card."""
        return operations.revise_model_card(self.principal, self.owner(), **wanted)


@extend_schema(parameters=VERSION_ADDRESS)
class VersionCardViewSet(CardViewSet):
    """The card of a version: what it was made from, how good it is, where it fails."""

    def owner(self) -> ModelVersion:
        """The version that the address names."""
        address = Address(self.kwargs["project"], self.kwargs["name"])
        return find_version(self.principal, address, int(self.kwargs["number"]))

    def save(self, **wanted: Any) -> object:
        """Save the version's card."""
        return operations.revise_version_card(self.principal, self.owner(), **wanted)
