"""Places moments on the horizontal axis of a picture: in per cent of its width, for an SVG."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

#: Nothing is drawn narrower than this (per cent), so that a minute within a year can still be seen.
_NARROWEST: Final = 0.35
_TICKS: Final = 4
_DAY: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the axis; ``anchor`` keeps the first and the last text within the picture."""

    x: str
    at: datetime
    anchor: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time on the axis; ``width`` is also a number, to tell what has room in it."""

    x: str
    width: str
    share: float


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """From ``begin`` until ``end``, in milliseconds."""

    begin: int
    end: int

    @property
    def by_hour(self) -> bool:
        """Whether it is short enough for hours to matter."""
        return self.end - self.begin < 3 * _DAY

    def place(self, moment: int) -> str:
        """Where a moment lies."""
        return _percent(self._share(moment))

    def mark(self, moment: int | None) -> str | None:
        """Where a moment lies; None when it is not in the picture."""
        return self.place(moment) if moment is not None and self.begin <= moment <= self.end else None

    def stretch(self, since: int, until: int | None) -> Stretch:
        """A time within the picture; what goes on lasts until its end."""
        left = max(self._share(since), 0)
        width = max(min(self._share(until or self.end), 100) - left, _NARROWEST)
        return Stretch(_percent(min(left, 100 - width)), _percent(width), width)

    def ticks(self) -> Iterator[Tick]:
        """Some moments to read the axis by."""
        for number in range(_TICKS):
            moment = self.begin + (self.end - self.begin) * number // (_TICKS - 1)
            anchor = {0: "start", _TICKS - 1: "end"}.get(number, "middle")
            yield Tick(self.place(moment), datetime.fromtimestamp(moment / 1000, tz=UTC), anchor)

    def _share(self, moment: int) -> float:
        return 100 * (moment - self.begin) / (self.end - self.begin)


def _percent(share: float) -> str:
    return f"{share:.3f}%"
