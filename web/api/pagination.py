"""Pages of the native API's lists."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Newest first, by primary key: pages stay right while rows are added, and the last costs what the first does.

    ``next`` and ``previous`` are the addresses of the neighbours; ``page_size`` asks for up to 200 rows.
    """

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
