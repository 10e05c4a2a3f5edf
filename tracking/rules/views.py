"""What a saved view may hold: a name, and the query of the runs table's address without places in the list."""

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from audit.exceptions import InvalidInput
from tracking.rules.values import read_text

VIEW_NAME_LENGTH: Final = 100
VIEW_QUERY_LENGTH: Final = 8_000
#: The parameters of the runs table that a view keeps; pages and selected runs are not part of the question.
VIEW_PARAMETERS: Final = ("q", "lifecycle", "sort", "column", "group", "metric", "size")
_MOST_PARAMETERS: Final = 300


def read_view_name(name: Any) -> str:
    """Return the name of a view. Raises InvalidInput."""
    text = " ".join(read_text(name, "name", VIEW_NAME_LENGTH).split())
    if not text:
        raise InvalidInput("Missing value for required parameter 'name': a view needs a name.")
    return text


def read_view_query(query: Any) -> str:
    """Return the part of an address's query that a view keeps. Raises InvalidInput."""
    text = read_text(query, "query", VIEW_QUERY_LENGTH)
    try:
        pairs = parse_qsl(text, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise InvalidInput(f"'query' has too many parameters; at most {_MOST_PARAMETERS} are kept.") from None
    kept = [(key, read_text(value, key, VIEW_QUERY_LENGTH)) for key, value in pairs if key in VIEW_PARAMETERS]
    return urlencode(sorted(kept, key=lambda pair: VIEW_PARAMETERS.index(pair[0])))
