"""How things look on every page: `{% load look %}`. The page /components shows each of these in all its states."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from functools import cache
from typing import Any

from django import template
from django.template.context import RequestContext
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince, timeuntil

from accounts.roles import Action
from approvals.inbox import count_waiting
from audit.queries import EventView
from deployments.board import count_alerts_to_handle
from web import markdown as markdown_renderer
from web.links import with_links
from web.npm import icon_file

register = template.Library()

_STATUS_LOOKS = {
    "READY": "good",
    "FINISHED": "good",
    "RUNNING": "busy",
    "SCHEDULED": "plain",
    "PENDING": "busy",
    "PENDING_REGISTRATION": "busy",
    "UPLOAD_PENDING": "busy",
    "FAILED": "bad",
    "FAILED_REGISTRATION": "bad",
    "UPLOAD_FAILED": "bad",
    "KILLED": "warn",
}
_DIGEST_SHOWN = 12
#: Scripts may send any 64-bit number as a time; our calendar goes from the year 1 to 9999.
_EARLIEST, _LATEST = -62_000_000_000_000, 250_000_000_000_000


# --- Single words and values ------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing, as big as the text beside it; screen readers pass it over."""
    return _icon(name)


@cache
def _icon(name: str) -> SafeString:
    drawing = icon_file(name).read_text()
    paths = drawing[drawing.index("\n>") + 2 : drawing.rindex("</svg>")].strip()
    return mark_safe(  # noqa: S308 - a file of ours, not of a user
        '<svg class="icon" width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        f' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{paths}</svg>'
    )


@register.simple_tag
def stage(name: str) -> SafeString:
    """A stage: the same word in the same colour everywhere."""
    return format_html('<span class="badge stage stage-{}">{}</span>', str(name).lower(), name)


@register.simple_tag
def status(name: str) -> SafeString:
    """How far a run, logged model or version has come."""
    look = _STATUS_LOOKS.get(str(name), "plain")
    return format_html('<span class="badge {}">{}</span>', look, str(name).replace("_", " ").capitalize())


@register.filter
def ago(moment: datetime | int | None) -> SafeString | str:
    """“3 hours ago” or “in 2 days”, with the exact time (UTC) on hover; numbers are milliseconds since 1970."""
    if moment is None:
        return ""
    if isinstance(moment, int):
        if not _EARLIEST < moment < _LATEST:
            return "at an impossible time"
        moment = datetime.fromtimestamp(moment / 1000, UTC)
    now = timezone.now()
    words = f"{timesince(moment, now, depth=1)} ago" if moment <= now else f"in {timeuntil(moment, now, depth=1)}"
    words = "just now" if words.startswith("0") else words
    exact = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, words)


@register.filter
def person(holder: Any) -> SafeString | str:
    """A person, service account or team: a letter and the name; nothing for nobody."""
    if holder is None:
        return ""
    name = str(holder)
    kind = getattr(holder, "kind", "team" if hasattr(holder, "slug") else "human")
    return format_html(
        '<span class="person"><span class="letter {}" aria-hidden="true">{}</span><span>{}</span></span>',
        kind,
        name[:1].upper(),
        name,
    )


@register.filter
def duration(milliseconds: int | None) -> str:
    """How long something took: “420 ms”, “3.2 s”, “5 min 12 s”, “2 h 5 min”, “3 d 4 h”."""
    if milliseconds is None:
        return ""
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {int(seconds % 60)} s"


@register.filter
def size(number: int | None) -> str:
    """Bytes in words: “1.2 MB”."""
    return "" if number is None else filesizeformat(number)


@register.filter
def figure(number: float | None) -> SafeString | str:
    """A measured number in six significant digits, with the exact one on hover."""
    if number is None:
        return ""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else ("∞" if number > 0 else "-∞")
    short = f"{number:.6g}"
    return short if float(short) == number else format_html('<span title="{}">{}</span>', repr(number), short)


@register.filter
def digest(whole: str | None) -> SafeString | str:
    """The beginning of a digest or commit, which can be copied whole; nothing for none."""
    if not whole:
        return ""
    short = whole.removeprefix("sha256:")[:_DIGEST_SHOWN]
    return format_html(
        '<span class="digest"><code title="{0}">{1}</code>'
        '<button type="button" class="copy-button" data-copy="{0}" aria-label="Copy {1}…" hidden>{2}</button></span>',
        whole,
        short,
        _icon("copy"),
    )


@register.filter
def markdown(text: str | None) -> SafeString:
    """What people wrote in Markdown, as harmless HTML."""
    return markdown_renderer.render(text or "")


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


# --- Blocks -----------------------------------------------------------------------------------------------------------


@register.inclusion_tag("web/components/copyable.html")
def copyable(text: str, label: str) -> dict[str, Any]:
    """One line that is meant to be copied; ``label`` says what it is."""
    return {"text": text, "label": label}


@register.inclusion_tag("web/components/code.html")
def code(text: str, label: str = "Code") -> dict[str, Any]:
    """Lines that are meant to be copied."""
    return {"text": text, "label": label}


@register.simple_block_tag
def empty(content: str, title: str, icon: str = "inbox") -> SafeString:
    """What stands where a list has nothing: what would be here, and the next step."""
    return format_html(
        '<div class="empty">{}<p class="empty-title">{}</p><div>{}</div></div>', _icon(icon), title, content
    )


@register.simple_block_tag
def facts(content: str) -> SafeString:
    """A table of keys and values, written as ``<dt>`` and ``<dd>``."""
    return format_html('<dl class="facts">{}</dl>', content)


@register.simple_tag
def refusal(sentence: str) -> SafeString:
    """Why something was not done, and what to do instead."""
    return format_html('<div class="note error" role="alert">{}<div>{}</div></div>', _icon("ban"), sentence)


@register.inclusion_tag("web/components/progress.html")
def progress(done: int, total: int, label: str) -> dict[str, Any]:
    """How far a long piece of work is; ``total`` 0 when nobody knows how much there is."""
    return {"done": done, "total": total, "label": label, "percent": done * 100 // total if total else None}


@register.inclusion_tag("web/components/changes.html")
def changes(rows: Iterable[tuple[str, Any, Any]]) -> dict[str, Any]:
    """What changed, as (key, before, after)."""
    return {"rows": list(rows)}


@register.inclusion_tag("web/components/textdiff.html")
def textdiff(before: str, after: str) -> dict[str, Any]:
    """Two texts line by line: what went, what came, what stayed."""
    return {"lines": list(_diff_lines(before.splitlines(), after.splitlines()))}


def _diff_lines(before: Sequence[str], after: Sequence[str]) -> Iterable[tuple[str, str]]:
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (("same", line) for line in before[a:b])
        else:
            yield from (("gone", line) for line in before[a:b])
            yield from (("new", line) for line in after[c:d])


@register.inclusion_tag("web/components/timeline.html", takes_context=True)
def timeline(
    context: RequestContext, views: Iterable[EventView], by_day: bool = False, brief: bool = False
) -> dict[str, Any]:
    """Audit events in sentences that link to what they name; one query. ``brief`` leaves out reasons and details."""
    return {"views": with_links(context["request"].principal, views), "by_day": by_day, "brief": brief}


@register.filter
def day(moment: datetime) -> str:
    """A day (UTC) as a heading: “Today”, “Yesterday”, “Friday 20 November 2026”."""
    days = (timezone.now().astimezone(UTC).date() - moment.astimezone(UTC).date()).days
    return {0: "Today", 1: "Yesterday"}.get(days) or f"{moment.astimezone(UTC):%A %-d %B %Y}"


@register.inclusion_tag("web/components/steps.html")
def steps(items: Iterable[Any]) -> dict[str, Any]:
    """A plain timeline: items with ``at``, ``sentence`` and, if known, ``actor``, ``detail``, ``url`` and ``icon``."""
    return {"items": items}


@register.simple_tag(takes_context=True)
def waiting_count(context: RequestContext) -> SafeString | str:
    """How many requests wait for the reader's decision, beside the entry of the menu; nothing for none. One query, for
    those who may decide at all.
    """
    principal = context["request"].principal
    if not principal.project_ids_with(Action.DECIDE):
        return ""
    count = count_waiting(principal)
    return (
        format_html('<span class="badge count"><span class="visually-hidden">waiting: </span>{}</span>', count)
        if count
        else ""
    )


@register.simple_tag(takes_context=True)
def alert_count(context: RequestContext) -> SafeString | str:
    """How many alerts nobody looks into yet, beside the entry of the menu; nothing for none. One query, for those who
    deploy somewhere.
    """
    count = count_alerts_to_handle(context["request"].principal)
    return (
        format_html('<span class="badge count bad"><span class="visually-hidden">alerts: </span>{}</span>', count)
        if count
        else ""
    )


# --- Lists ------------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def sort_heading(context: RequestContext, key: str, label: str, first: str = "") -> SafeString:
    """The heading of a column that a click sorts by; ``first`` is how the list is sorted when nobody chose."""
    request = context["request"]
    now = request.GET.get("sort") or first
    wanted = f"-{key}" if now == key else key
    order = {key: "ascending", f"-{key}": "descending"}.get(now)
    query = request.GET.copy()
    query["sort"] = wanted
    for place in ("page", "page_token", "before"):
        query.pop(place, None)
    arrow = {"ascending": _icon("arrow-up"), "descending": _icon("arrow-down"), None: ""}[order]
    said = format_html(' aria-sort="{}"', order) if order else ""
    return format_html('<th scope="col"{}><a href="?{}">{}{}</a></th>', said, query.urlencode(), label, arrow)


@register.inclusion_tag("web/components/older.html", takes_context=True)
def older(context: RequestContext, token: str | int | None, param: str = "page_token") -> dict[str, Any]:
    """The way through a list that is paged by a cursor: to its beginning, and onwards if there is a ``token``."""
    query = context["request"].GET.copy()
    begun = bool(query.pop(param, None))
    first = query.urlencode()
    if token:
        query[param] = str(token)
    return {"first": first if begun else None, "next": query.urlencode() if token else None}
