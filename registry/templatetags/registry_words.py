"""Moments and texts on pages of the registry: `{% load registry_words %}`."""

import re
from datetime import UTC, datetime
from typing import Final

from django import template
from django.utils.text import Truncator

register = template.Library()

#: A link, of which its words are kept, or the signs of headings, lists, emphasis and code.
_MARKDOWN: Final = re.compile(
    r"!?\[([^\]]*)\]\([^)]*\)|^\s*(?:[#>|-]+|\d+\.)\s|[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}", re.MULTILINE
)


@register.filter
def moment(milliseconds: int) -> datetime:
    """A stored time (milliseconds since 1970) as one that the filter ``date`` can write."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@register.filter
def glimpse(text: str, length: int) -> str:
    """How a Markdown text begins, in one line without its signs."""
    return Truncator(" ".join(_MARKDOWN.sub(r"\1", text).split())).chars(length)
