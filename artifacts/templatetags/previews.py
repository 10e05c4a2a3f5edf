"""How trees of values look: `{% load previews %}`."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from artifacts.previews.trees import Node

register = template.Library()

_OPEN_TO_DEPTH = 1


@register.filter
def folded(node: Node) -> SafeString:
    """A tree in which each object and array can be folded; the first levels are open."""
    return format_html('<ul class="tree-top">{}</ul>', _item(node, 0))


def _item(node: Node, depth: int) -> SafeString:
    name = format_html('<span class="tree-key">{}</span> ', node.key) if depth else ""
    if not node.children and not node.hidden:
        return format_html('<li>{}<code class="tree-{}">{}</code></li>', name, node.kind, node.text)
    inside = format_html_join("", "{}", ((_item(child, depth + 1),) for child in node.children))
    hidden = format_html('<li class="soft">and {} more</li>', node.hidden) if node.hidden else ""
    return format_html(
        '<li><details{}><summary>{}<span class="soft">{}</span></summary><ul>{}{}</ul></details></li>',
        " open" if depth <= _OPEN_TO_DEPTH else "",
        name,
        node.text,
        inside,
        hidden,
    )
