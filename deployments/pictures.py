"""Lays out the picture of what ran where and when: a row for each target, a bar for each version that ran there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deployments.models import DeploymentState, Environment
from deployments.queries import Lane, Span
from registry.models import RegisteredModel
from registry.time_axis import Tick, TimeAxis

LANE_HEIGHT: Final = 40
BAR_HEIGHT: Final = 26
_HUES: Final = 8
_BAD_ENDS: Final = (DeploymentState.FAILED, DeploymentState.ROLLED_BACK)
#: From this width on (per cent) a bar has room for its version; from that one on for its model too.
_ROOM_FOR_NUMBER: Final = 3
_ROOM_FOR_NAME: Final = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """A time in which a version ran; ``x`` and ``width`` in per cent, ``hue`` the colour of its model."""

    span: Span
    x: str
    width: str
    hue: int
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """A target; ``heads`` when it is the first of its environment. ``y`` is where its bars begin."""

    environment: Environment
    target: str
    heads: bool
    y: int
    bars: list[Bar]

    @property
    def line(self) -> int:
        """Where its words stand in the picture."""
        return self.y + BAR_HEIGHT // 2 + 4

    @property
    def top(self) -> int:
        """Where it begins."""
        return self.y - (LANE_HEIGHT - BAR_HEIGHT) // 2


@dataclass(frozen=True, slots=True)
class BoardPicture:
    """The whole picture; ``mark`` is the place of the day that was asked for."""

    rows: list[Row]
    ticks: list[Tick]
    models: list[tuple[RegisteredModel, int]]
    height: int
    mark: str | None
    by_hour: bool

    @property
    def axis(self) -> int:
        """Where the texts of the axis stand."""
        return self.height - 6

    @property
    def ground(self) -> int:
        """Where the rows end."""
        return self.height - 22

    @property
    def bar_height(self) -> int:
        """How high a bar is."""
        return BAR_HEIGHT

    @property
    def has_bad_ends(self) -> bool:
        """Whether something in it failed or was rolled back."""
        return any(bar.span.ended in _BAD_ENDS for row in self.rows for bar in row.bars)


def draw_board(lanes: Sequence[Lane], begins: int, ends: int, mark: int | None = None) -> BoardPicture | None:
    """The picture of these lanes, or None when there is nothing to draw."""
    if not lanes:
        return None
    axis = TimeAxis(begins, ends)
    models = [(model, place % _HUES) for place, model in enumerate(_models_in(lanes))]
    hues = {model.pk: hue for model, hue in models}
    return BoardPicture(
        rows=[_row(lanes, place, axis, hues) for place in range(len(lanes))],
        ticks=list(axis.ticks()),
        models=models,
        height=len(lanes) * LANE_HEIGHT + 22,
        mark=axis.mark(mark),
        by_hour=axis.by_hour,
    )


def _row(lanes: Sequence[Lane], place: int, axis: TimeAxis, hues: dict[int, int]) -> Row:
    lane = lanes[place]
    heads = place == 0 or lanes[place - 1].environment.pk != lane.environment.pk
    top = place * LANE_HEIGHT + (LANE_HEIGHT - BAR_HEIGHT) // 2
    return Row(lane.environment, lane.target, heads, top, [_bar(span, axis, hues) for span in lane.spans])


def _bar(span: Span, axis: TimeAxis, hues: dict[int, int]) -> Bar:
    drawn = axis.stretch(span.since, span.until)
    label = f"v{span.version.number}" if drawn.share >= _ROOM_FOR_NUMBER else ""
    if drawn.share >= _ROOM_FOR_NAME:
        label = f"{span.version.model.name} {label}"
    return Bar(span, drawn.x, drawn.width, hues[span.version.model_id], label)


def _models_in(lanes: Sequence[Lane]) -> list[RegisteredModel]:
    found = {span.version.model_id: span.version.model for lane in lanes for span in lane.spans}
    return sorted(found.values(), key=lambda model: (model.name, model.pk))
