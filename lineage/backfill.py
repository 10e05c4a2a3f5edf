"""Telling the graph of what was stored before it was there: the apps above register what they can tell, in portions."""

from collections.abc import Callable, Iterator

from accounts.principals import System

#: Tells of so many rows at most, those with a key above the first number; returns the last key, or None when there was
#: nothing more. Facts that are known add nothing, so that it may be done again.
Source = Callable[[System, int, int], int | None]

_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Add what an app can tell. Sources are asked in the order of their registration. For ``AppConfig.ready()``."""
    _sources[name] = source


def names() -> list[str]:
    """What can be told."""
    return list(_sources)


def capture(actor: System, name: str, *, after: int = 0, size: int = 500) -> Iterator[int]:
    """Tell all of one kind, a transaction for each portion; gives the last key of each."""
    last: int | None = after
    while last is not None:
        last = _sources[name](actor, last, size)
        if last is not None:
            yield last
