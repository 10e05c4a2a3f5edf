"""Which of several values is the best one, as far as the name of a metric tells."""

import math
import re
from collections.abc import Iterable
from typing import Final

_LESS: Final = re.compile(
    r"loss|err(or)?|(^|[^a-z])(r?mse|mae|mape|rmsle|msle|nll|wer|cer|fid|fpr|fnr|brier|ppl)([^a-z]|$)|deviance|entropy"
    r"|perplexity|regret|time|duration|latency|seconds|memory|cost|size",
    re.IGNORECASE,
)


def less_is_better(key: str) -> bool:
    """Whether the smaller value of a metric of this name is the better one: errors, losses, times."""
    return _LESS.search(key) is not None


def best_of(key: str, values: Iterable[float | None]) -> set[int]:
    """The places of the best values; none when there are not two different numbers."""
    numbered = list(enumerate(values))
    numbers = {place: value for place, value in numbered if value is not None and math.isfinite(value)}
    if len(set(numbers.values())) < 2:
        return set()
    best = min(numbers.values()) if less_is_better(key) else max(numbers.values())
    return {place for place, value in numbers.items() if value == best}
