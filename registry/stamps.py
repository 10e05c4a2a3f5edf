"""Words that warn who looks at a version; apps above say further ones, such as approvals does of unreviewed steps."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from registry.rules import Stage, is_live


@dataclass(frozen=True, slots=True)
class Stamp:
    """A word, and what it means in a sentence. ``look`` is that of a badge; ``url`` leads to what is behind it."""

    word: str
    sentence: str
    look: str = "warn"
    url: str = ""


class Stamped(Protocol):
    """What can have stamps: a version, as a model's row or read for a list."""

    @property
    def pk(self) -> int: ...
    @property
    def stage(self) -> str: ...
    @property
    def quarantined_at(self) -> int | None: ...


#: Stamps of versions by key; a fixed number of queries however many they are.
Stamper = Callable[[Iterable[int]], Mapping[int, list[Stamp]]]

#: Those who are asked about versions in Staging and Production, and those who are asked about all.
_stampers: list[Stamper] = []
_stampers_of_all: list[Stamper] = []

QUARANTINED: Final = Stamp(
    "quarantined", "Nobody may load, promote or deploy it until somebody has looked into it.", "bad"
)


def register(stamper: Stamper, *, in_any_stage: bool = False) -> None:
    """Ask ``stamper`` about versions in Staging and Production, or in any stage. For ``AppConfig.ready()``."""
    stampers = _stampers_of_all if in_any_stage else _stampers
    if stamper not in stampers:
        stampers.append(stamper)


def stamps_of(versions: Iterable[Stamped | None]) -> dict[int, list[Stamp]]:
    """The stamps of versions by key; a fixed number of queries for each stamper."""
    shown = [version for version in versions if version is not None]
    stamps = {version.pk: [QUARANTINED] if version.quarantined_at else [] for version in shown}
    live = {version.pk for version in shown if is_live(Stage(version.stage))}
    asked = [(stamper, set(stamps)) for stamper in _stampers_of_all] + [(stamper, live) for stamper in _stampers]
    for stamper, versions_asked in asked:
        for pk, said in stamper(versions_asked).items() if versions_asked else ():
            stamps[pk] += said
    return stamps
