"""Exact moments on pages of the registry: `{% load moments %}`."""

from datetime import UTC, datetime

from django import template

register = template.Library()


@register.filter
def moment(milliseconds: int) -> datetime:
    """A stored time (milliseconds since 1970) as one that the filter ``date`` can write."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
