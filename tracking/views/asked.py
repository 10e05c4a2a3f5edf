"""What the address of a runs table asks for; the same for its page, its fragments, its export and its saved views."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import QueryDict

from audit.exceptions import InvalidInput
from tracking.columns import Column, read_columns, read_sort
from tracking.models import Lifecycle
from tracking.queries import RunView
from tracking.queries.run_groups import Grouping, read_grouping
from tracking.queries.run_search import Question, read_question
from tracking.rules.views import VIEW_PARAMETERS
from tracking.search.specs import RUNS

SIZES: Final = (25, 50, 100)
_SIZE: Final = 50
_UID: Final = re.compile(r"[0-9a-f]{32}")
#: What plain words have not.
_SIGNS: Final = "=<>!'\"`%."
_VIEWS: Final = {Lifecycle.DELETED: RunView.DELETED_ONLY, "all": RunView.ALL}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a filter: the sentence, and the text around the place."""

    sentence: str
    before: str
    culprit: str
    after: str
    #: A filter that may have been meant, when plain words were typed.
    instead: str


@dataclass(frozen=True)
class Asked:
    """A runs table as its address asks for it."""

    query: QueryDict

    @property
    def filter(self) -> str:
        """The filter as it was typed."""
        return self.query.get("q", "").strip()

    @property
    def lifecycle(self) -> str:
        """``active``, ``deleted`` or ``all``."""
        asked = self.query.get("lifecycle", "")
        return asked if asked in _VIEWS else Lifecycle.ACTIVE.value

    @property
    def view(self) -> RunView:
        """Whether deleted runs are wanted."""
        return _VIEWS.get(self.lifecycle, RunView.ACTIVE_ONLY)

    @property
    def columns(self) -> list[Column]:
        """The columns that were chosen; none when nobody chose."""
        return read_columns(self.query.getlist("column"))

    @property
    def grouping(self) -> Grouping | None:
        """What the runs are put together by."""
        return read_grouping(self.query.get("group", ""))

    @property
    def size(self) -> int:
        """How many rows a page has."""
        asked = self.query.get("size", "")
        return int(asked) if asked in {str(size) for size in SIZES} else _SIZE

    @property
    def sort(self) -> str:
        """The column that rows are sorted by, after a minus when descending."""
        return self.query.get("sort", "")

    @property
    def token(self) -> str:
        """Where the page begins."""
        return self.query.get("page_token", "")

    @property
    def runs(self) -> list[str]:
        """The runs that were chosen in the table."""
        return [uid for uid in dict.fromkeys(self.query.getlist("run")) if _UID.fullmatch(uid)]

    def question(self, *, also: str = "", token: str | None = None) -> Question:
        """The search to do, within the group that ``also`` describes. Raises InvalidInput."""
        filters = " AND ".join(part for part in (self.filter, also) if part)
        return read_question(filters, read_sort(self.sort), self.token if token is None else token)

    def fault(self) -> Fault | None:
        """What is wrong with the filter; None when it can be asked."""
        try:
            RUNS.conditions(self.filter)
        except InvalidInput as refusal:
            return _fault(self.filter, refusal)
        return None

    def pairs(self, *without: str) -> list[tuple[str, str]]:
        """The question as names and values, without some of them; never the place in the list."""
        names = [name for name in VIEW_PARAMETERS if name not in without]
        return [(name, value) for name in names for value in self.query.getlist(name) if value]

    def encoded(self, *without: str, **changes: str | Sequence[str]) -> str:
        """The question as an address has it, with some parameters changed or left out."""
        pairs = self.pairs(*without, *changes)
        for name, value in changes.items():
            pairs += [(name, single) for single in ([value] if isinstance(value, str) else value)]
        return urlencode(pairs)


def _fault(text: str, refusal: InvalidInput) -> Fault:
    position = min(refusal.details.get("position", len(text) + 1) - 1, len(text))
    word = text[position:].split(maxsplit=1)
    culprit = text[position : text.index(word[0], position) + len(word[0])] if word else ""
    instead = "" if any(sign in text for sign in _SIGNS) else f"run_name ILIKE '%{text}%'"
    after = text[position + len(culprit) :]
    return Fault(_sentence(str(refusal), position, culprit), text[:position], culprit, after, instead)


def _sentence(sentence: str, position: int, culprit: str) -> str:
    """The sentence for somebody who sees the place marked: without the filter and the position."""
    _, there, rest = sentence.partition(f" at position {position + 1}, ")
    if not there:
        return sentence.replace(f" at position {position + 1}", "")
    expected = rest.partition(". ")[2]
    return f"{f'“{culprit}” cannot stand here' if culprit else 'The filter ends too early'}. {expected}"
