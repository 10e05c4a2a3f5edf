"""Markdown that people and scripts wrote, as HTML that is safe to show on our pages."""

from typing import Any, Final

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

#: Longer texts are cut: reading Markdown takes the server's time, and nobody reads that far.
MOST_CHARACTERS: Final = 200_000

#: Some texts of tables make HTML a hundred times their length; these are shown as they are.
_MOST_GROWTH: Final = 12
_ALWAYS_FINE: Final = 10_000

_TAGS: Final = {
    *("h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s"),
    *("ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
#: A page has one h1, and its cards have h2.
_HEADINGS_BELOW: Final = 2


def render(text: str) -> SafeString:
    """The text as HTML: CommonMark with tables and strike-through; HTML in it is shown as text, pictures as links."""
    cut = text[:MOST_CHARACTERS].replace("\x00", "")
    html = nh3.clean(
        _PARSER.render(cut),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    if len(html) > _MOST_GROWTH * len(cut) + _ALWAYS_FINE:
        html = format_html("<pre>{}</pre>", cut)
    if len(text) > len(cut):
        html += f"<p><em>Only the first {MOST_CHARACTERS:,} characters are shown.</em></p>"
    return mark_safe(html)  # noqa: S308  # cleaned above


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + _HEADINGS_BELOW)}"


def _pictures_as_links(state: StateCore) -> None:
    """Nothing is fetched from elsewhere by looking at a page, so a picture becomes a link to it."""
    for block in state.tokens:
        if block.children:
            block.children = [part for token in block.children for part in _without_picture(token)]


def _without_picture(token: Token) -> list[Token]:
    if token.type != "image":
        return [token]
    opening = Token("link_open", "a", 1, attrs={"href": str(token.attrs.get("src", ""))})
    words = Token("text", "", 0, content=token.content or "picture")
    return [opening, words, Token("link_close", "a", -1)]


def _parser() -> MarkdownIt:
    options: dict[str, Any] = {"html": False, "linkify": False, "typographer": False}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.core.ruler.push("pictures_as_links", _pictures_as_links)
    return parser


_PARSER: Final = _parser()
