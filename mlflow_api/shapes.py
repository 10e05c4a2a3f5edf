"""Shapes that recur in the protocol: lists of key and value, and pages."""

from collections.abc import Iterable, Mapping
from typing import Any

Pairs = list[dict[str, str]]


def tag_list(tags: Mapping[str, str]) -> Pairs:
    """A mapping as the protocol writes it."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def tags_in(sent: Mapping[str, Any], name: str = "tags") -> dict[str, str]:
    """A list of key and value as a mapping; of a repeated key the last value counts."""
    return {pair["key"]: pair.get("value", "") for pair in sent.get(name, ())}


def page(name: str, rows: Iterable[Any], next_page_token: str) -> dict[str, Any]:
    """A page of rows; what is empty stays out."""
    answer: dict[str, Any] = {}
    if listed := list(rows):
        answer[name] = listed
    if next_page_token:
        answer["next_page_token"] = next_page_token
    return answer
