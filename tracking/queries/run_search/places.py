"""How far a search has come: what a page token says."""

from dataclasses import dataclass
from typing import Final

from audit.exceptions import InvalidInput
from tracking.queries.run_search.phases import Phase
from tracking.rows import RunHead
from tracking.search.pages import read_token, whole_number, write_token

_MOST_PHASES: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after so many rows of a phase, or after the run with this start time and id."""

    phase: int = 0
    offset: int = 0
    after: tuple[int, str] | None = None


def read_place(token: str) -> Place:
    """Read a token; an empty one is the beginning. Raises InvalidInput."""
    content = read_token(token)
    if not content:
        return Place()
    if "after" not in content:
        phase = whole_number(content, "phase")
        if phase < _MOST_PHASES:
            return Place(phase, whole_number(content, "offset"))
    elif isinstance(after := content["after"], list) and len(after) == 2 and isinstance(after[1], str):
        time = whole_number({"time": abs(after[0]) if isinstance(after[0], int) else None}, "time")
        if "\x00" not in after[1]:
            return Place(after=(time if after[0] >= 0 else -time, after[1]))
    raise InvalidInput("Invalid page token: it does not belong to a search of runs.")


def next_token(phase: Phase, number: int, offset: int, last: RunHead) -> str:
    """The token of the page after ``last``; ``offset`` counts the rows of the phase that are behind."""
    if phase.by_time:
        # The next page starts where this one ended, however far that is; runs that are made meanwhile do not shift it.
        return write_token({"after": [last.start_time, last.uid]})
    return write_token({"phase": number, "offset": offset})
