"""How far a search has come: what a page token says."""

from dataclasses import dataclass
from typing import Any, Final

from audit.exceptions import InvalidInput
from tracking.queries.run_search.phases import Phase
from tracking.search.pages import read_token, whole_number, write_token

_MOST_PHASES: Final = 3
_LARGEST: Final = 1.8e308


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins in a phase: after so many runs, or after the run with these values of the phase's keys."""

    phase: int = 0
    offset: int = 0
    after: tuple[Any, ...] = ()


def read_place(token: str) -> Place:
    """Read a token; an empty one is the beginning. Raises InvalidInput."""
    content = read_token(token)
    if not content:
        return Place()
    phase, after = whole_number(content, "phase"), content.get("after")
    if phase < _MOST_PHASES and after is None:
        return Place(phase, whole_number(content, "offset"))
    if phase < _MOST_PHASES and isinstance(after, list) and _are_values(after):
        return Place(phase, after=tuple(after))
    raise wrong_token()


def next_token(phase: Phase, place: Place) -> str:
    """The token of the page that begins at ``place``."""
    if phase.keys and place.after:
        # Right after the last run, however far that is; runs that are made meanwhile do not shift the next page.
        return write_token({"phase": place.phase, "after": list(place.after)})
    return write_token({"phase": place.phase, "offset": place.offset})


def wrong_token() -> InvalidInput:
    """The refusal of a token that belongs to another search."""
    return InvalidInput("Invalid page token: it does not belong to a search of runs in this order.")


def _are_values(after: list[Any]) -> bool:
    """Whether these are numbers that a database can compare, and at last an id."""
    *numbers, uid = after or [None]
    return (
        isinstance(uid, str)
        and uid.isalnum()
        and all(isinstance(number, int | float) and abs(number) < _LARGEST for number in numbers)
    )
