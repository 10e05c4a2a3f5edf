"""Times of the graph as others write them."""

from datetime import UTC, datetime


def iso(at: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC; empty for a time that nobody knows, and for none."""
    if not at:
        return ""
    try:
        return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return ""
