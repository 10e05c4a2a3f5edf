"""Lays out the picture of which version was in which stage when: places in per cent of its width, for an SVG."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from registry.queries.occupancy import LANES, Stay
from registry.rules import Stage

_LANE_HEIGHT: Final = 44
_BAR_HEIGHT: Final = 30
#: Nothing is drawn narrower than this, so that a stay of a minute within a year can still be seen.
_NARROWEST: Final = 0.35
#: From this width on (per cent) a bar has room for its label.
_ROOM_FOR_LABEL: Final = 3.5
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A stay, drawn; ``x`` and ``width`` in per cent."""

    stay: Stay
    x: str
    width: str
    labelled: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """The stays of one stage; ``y`` is where its bars begin."""

    stage: Stage
    y: int
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the axis; ``anchor`` keeps the first and the last text within the picture."""

    x: str
    at: datetime
    anchor: str


@dataclass(frozen=True, slots=True)
class StagePicture:
    """The whole picture; ``mark`` is the place of the day that was asked for."""

    lanes: list[Lane]
    ticks: list[Tick]
    height: int
    mark: str | None
    #: Whether the axis is short enough for hours to matter.
    by_hour: bool

    @property
    def axis(self) -> int:
        """Where the texts of the axis stand."""
        return self.height - 6

    @property
    def ground(self) -> int:
        """Where the lanes end."""
        return self.height - 22


def draw_stages(stays: Iterable[Stay], now: int, mark: int | None = None) -> StagePicture | None:
    """The picture of these stays until ``now`` (milliseconds), or None when there is nothing to draw."""
    shown = list(stays)
    if not shown:
        return None
    begin = min(stay.since for stay in shown)
    end = max(now, begin + 1)
    lanes = [
        Lane(stage, place * _LANE_HEIGHT + (_LANE_HEIGHT - _BAR_HEIGHT) // 2, _bars(shown, stage, begin, end))
        for place, stage in enumerate(LANES)
    ]
    return StagePicture(
        lanes=lanes,
        ticks=list(_ticks(begin, end)),
        height=len(LANES) * _LANE_HEIGHT + 22,
        mark=_percent(_share(mark, begin, end)) if mark is not None and begin <= mark <= end else None,
        by_hour=end - begin < 3 * 86_400_000,
    )


def _bars(stays: list[Stay], stage: Stage, begin: int, end: int) -> list[Bar]:
    bars = []
    for stay in sorted((stay for stay in stays if stay.stage == stage), key=lambda stay: stay.since):
        left = _share(stay.since, begin, end)
        width = max(_share(stay.until or end, begin, end) - left, _NARROWEST)
        left = min(left, 100 - width)
        bars.append(Bar(stay, _percent(left), _percent(width), width >= _ROOM_FOR_LABEL))
    return bars


def _ticks(begin: int, end: int) -> Iterable[Tick]:
    for number in range(_TICKS):
        moment = begin + (end - begin) * number // (_TICKS - 1)
        anchor = {0: "start", _TICKS - 1: "end"}.get(number, "middle")
        yield Tick(_percent(_share(moment, begin, end)), datetime.fromtimestamp(moment / 1000, tz=UTC), anchor)


def _share(moment: int, begin: int, end: int) -> float:
    return 100 * (moment - begin) / (end - begin)


def _percent(share: float) -> str:
    return f"{share:.3f}%"
