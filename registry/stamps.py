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


#: Stamps of versions in Staging and Production, by key; one query however many they are.
Stamper = Callable[[Iterable[int]], Mapping[int, list[Stamp]]]

_stampers: list[Stamper] = []

QUARANTINED: Final = Stamp(
    "quarantined", "Nobody may load, promote or deploy it until somebody has looked into it.", "bad"
)


def register(stamper: Stamper) -> None:
    """Ask ``stamper`` about versions in Staging and Production. For ``AppConfig.ready()``."""
    if stamper not in _stampers:
        _stampers.append(stamper)


def stamps_of(versions: Iterable[Stamped | None]) -> dict[int, list[Stamp]]:
    """The stamps of versions by key; one query for each stamper, and none when no version is live."""
    shown = [version for version in versions if version is not None]
    stamps = {version.pk: [QUARANTINED] if version.quarantined_at else [] for version in shown}
    live = {version.pk for version in shown if is_live(Stage(version.stage))}
    for stamper in _stampers if live else ():
        for pk, said in stamper(live).items():
            stamps[pk] += said
    return stamps
