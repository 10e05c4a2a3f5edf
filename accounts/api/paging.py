"""Pages of lists that a search of its own cuts, not a queryset."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param


class TokenPages(CursorPagination):
    """Looks like every other list; the cursor is the token by which the search goes on. There is no way back."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def asked(self, request: Request) -> tuple[int, str]:
        """How many rows are wanted, and after which token."""
        return self.get_page_size(request) or self.page_size, request.query_params.get(self.cursor_query_param, "")

    def respond(self, request: Request, rows: Any, next_token: str) -> Response:
        """A page of rows that are ready to be shown."""
        link = request.build_absolute_uri()
        following = replace_query_param(link, self.cursor_query_param, next_token) if next_token else None
        return Response({"next": following, "previous": None, "results": rows})
