"""``/search``: what the search box finds, for scripts."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from web.search.hits import Group, Hit, Kind
from web.search.queries import search


class SearchQuerySerializer(serializers.Serializer[Any]):
    """What is searched for."""

    q = serializers.CharField(
        max_length=300,
        help_text="A name, an id or the beginning of one, a digest, a commit, “fraud/7”, “fraud@champion”, "
        "“models:/fraud/7”, or a pasted address.",
    )
    kind = serializers.MultipleChoiceField(
        choices=[str(kind) for kind in Kind], required=False, help_text="Only these kinds; repeat for several."
    )
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20, help_text="So many of each kind.")


class HitSerializer(serializers.Serializer[Hit]):
    """One thing that was found."""

    id = serializers.CharField(help_text="How the rest of the API names it; of a commit or file its digest.")
    title = serializers.CharField()
    detail = serializers.CharField(help_text="Where it lies and what tells it from others.")
    url = serializers.CharField(help_text="The path of its page.")
    stage = serializers.CharField(help_text="Of versions; else empty.")
    status = serializers.CharField(help_text="Of runs and logged models; else empty.")
    at = serializers.IntegerField(allow_null=True, help_text="When it was made or changed, in milliseconds.")


class GroupSerializer(serializers.Serializer[Group]):
    """The hits of one kind."""

    kind = serializers.ChoiceField(choices=[str(kind) for kind in Kind])
    hits = HitSerializer(many=True)
    more = serializers.BooleanField(help_text="Whether there are more than were asked for.")


class SearchResultSerializer(serializers.Serializer[Any]):
    """What was found; kinds without hits are left out."""

    groups = GroupSerializer(many=True)


class SearchView(SignedIn):
    """Search everything."""

    @extend_schema(parameters=[SearchQuerySerializer], responses=SearchResultSerializer)
    def get(self, request: Request) -> Response:
        """Find models, versions, runs, datasets, digests, commits, people and more by what somebody would type."""
        query = SearchQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        kinds = [Kind(kind) for kind in asked.get("kind") or Kind]
        groups = search(self.principal, asked["q"], kinds=kinds, limit=asked["limit"])
        return Response(SearchResultSerializer({"groups": groups}).data)
