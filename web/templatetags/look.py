"""How people, times and values look on every page: `{% load look %}`."""

import json
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil

register = template.Library()


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """“3 hours ago” or “in 2 days”, with the exact time (UTC) on hover."""
    if moment is None:
        return ""
    now = timezone.now()
    words = f"{timesince(moment, now, depth=1)} ago" if moment <= now else f"in {timeuntil(moment, now, depth=1)}"
    words = "just now" if words.startswith("0") else words
    exact = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, words)


@register.filter
def person(holder: Any) -> SafeString:
    """A person, service account or team: a letter and the name."""
    name = str(holder)
    kind = getattr(holder, "kind", "team" if hasattr(holder, "slug") else "human")
    return format_html(
        '<span class="person"><span class="avatar {}" aria-hidden="true">{}</span><span>{}</span></span>',
        kind,
        name[:1].upper(),
        name,
    )


@register.filter
def plain(value: Any) -> str:
    """A value of an event: text as it is, everything else as JSON; a dash for nothing."""
    if value in (None, ""):
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def spaced(word: str) -> str:
    """``project_admin`` as “project admin”."""
    return str(word).replace("_", " ")
