"""Marks what was searched for in what was found: `{% load marking %}`."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def marked(text: str, query: str) -> SafeString:
    """The text, with every place marked that reads like one of the words of the query."""
    words = sorted((re.escape(word) for word in re.split(r"[\s/@:]+", query) if word), key=len, reverse=True)
    if not words:
        return conditional_escape(text)
    parts = re.split(f"({'|'.join(words)})", text, flags=re.IGNORECASE)
    pieces = [("<mark>", part, "</mark>") if place % 2 else ("", part, "") for place, part in enumerate(parts)]
    return SafeString("".join(f"{begin}{conditional_escape(part)}{end}" for begin, part, end in pieces))
