"""Lays out the picture of which version was in which stage when: places in per cent of its width, for an SVG."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from registry.queries.occupancy import LANES, Stay
from registry.rules import Stage
from registry.time_axis import Tick, TimeAxis

_LANE_HEIGHT: Final = 44
_BAR_HEIGHT: Final = 30
#: From this width on (per cent) a bar has room for its label.
_ROOM_FOR_LABEL: Final = 3.5


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
    axis = TimeAxis(begin, max(now, begin + 1))
    lanes = [
        Lane(stage, place * _LANE_HEIGHT + (_LANE_HEIGHT - _BAR_HEIGHT) // 2, _bars(shown, stage, axis))
        for place, stage in enumerate(LANES)
    ]
    return StagePicture(
        lanes=lanes,
        ticks=list(axis.ticks()),
        height=len(LANES) * _LANE_HEIGHT + 22,
        mark=axis.mark(mark),
        by_hour=axis.by_hour,
    )


def _bars(stays: list[Stay], stage: Stage, axis: TimeAxis) -> list[Bar]:
    bars = []
    for stay in sorted((stay for stay in stays if stay.stage == stage), key=lambda stay: stay.since):
        drawn = axis.stretch(stay.since, stay.until)
        bars.append(Bar(stay, drawn.x, drawn.width, drawn.share >= _ROOM_FOR_LABEL))
    return bars
