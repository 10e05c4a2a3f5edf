"""Two columns against each other: what one has and the other has not, or has otherwise."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tracking.compare.files import diff_of
from tracking.compare.table import Line, Section


@dataclass(frozen=True, slots=True)
class Difference:
    """One key in two columns; ``change`` is the difference of numbers, ``ratio`` that in parts of the left one."""

    key: str
    kind: str
    left: Any
    right: Any
    change: float | None = None
    ratio: float | None = None
    #: For metrics whose name says which way is better.
    is_better: bool | None = None

    @property
    def is_long(self) -> bool:
        """Whether a difference line by line is easier to read."""
        texts = [value for value in (self.left, self.right) if isinstance(value, str)]
        return len(texts) == 2 and any("\n" in text or len(text) > 80 for text in texts)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The difference line by line."""
        return diff_of(str(self.left), str(self.right)).lines

    @property
    def percent(self) -> float | None:
        """The change in hundredths of the left value."""
        return None if self.ratio is None else self.ratio * 100


def differences(sections: Iterable[Section]) -> list[tuple[str, list[Difference], int]]:
    """The sections of a table with two columns, as (title, differences, how many lines are alike)."""
    return [(section.title, list(_differences(section.lines)), section.alike) for section in sections]


def _differences(lines: list[Line]) -> Iterator[Difference]:
    for line in lines:
        left, right = (cell.value for cell in line.cells)
        numbers = [_number(value) for value in (left, right)]
        if line.kind not in ("number", "text") or None in numbers:
            yield Difference(line.key, line.kind, left, right)
            continue
        before, after = (number for number in numbers if number is not None)
        change = after - before
        better = None if line.less_is_better is None else (change < 0) == line.less_is_better
        ratio = change / abs(before) if before else None
        yield Difference(line.key, line.kind, left, right, change, ratio, better)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
