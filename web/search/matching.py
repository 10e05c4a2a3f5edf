"""How texts are compared with columns: conditions and orders that several kinds of things share."""

from django.db import connection
from django.db.models import Case, IntegerField, Q, Value, When

_LAST_CHARACTER = "\U0010ffff"


def begins_with(column: str, text: str) -> Q:
    """Rows whose column begins with the text, case and all; answered by an index where one begins with the column."""
    if connection.vendor == "sqlite":  # which uses no index for LIKE
        return Q(**{f"{column}__gte": text, f"{column}__lt": text + _LAST_CHARACTER})
    return Q(**{f"{column}__startswith": text})


def begins_with_hex(column: str, text: str) -> Q:
    """As `begins_with` for lower-case hexadecimal text, which all databases and collations sort alike."""
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + "g"})


def closeness(column: str, text: str) -> Case:
    """Sorts exact names before those that begin with the text, and these before all others."""
    exact, begins = (
        When(**{f"{column}__iexact": text}, then=Value(0)),
        When(**{f"{column}__istartswith": text}, then=Value(1)),
    )
    return Case(exact, begins, default=Value(2), output_field=IntegerField())
