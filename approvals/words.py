"""How sentences name several things."""

from collections.abc import Sequence
from typing import Final

_MOST_NAMED: Final = 5


def named(words: Sequence[str]) -> str:
    """Some names in a sentence; of many the first ones, and how many more there are."""
    if len(words) > _MOST_NAMED:
        return f"{', '.join(words[:_MOST_NAMED])} and {len(words) - _MOST_NAMED} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
