"""The seam by which the apps above say with what a run was made: params, figures, the command."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.principals import Principal


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a run was told, and what it measured last."""

    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    command: str = ""
    seed: str = ""


#: Of many keys, in a fixed number of queries; what the principal may not see is not in the answer.
Finder = Callable[[Principal, Sequence[str]], Mapping[str, Particulars]]

_finders: list[tuple[str, Finder]] = []


def register(prefix: str, finder: Finder) -> None:
    """Ask ``finder`` about what has a key that begins with ``prefix``. For ``AppConfig.ready()``."""
    _finders.append((prefix, finder))


def particulars_of(principal: Principal, keys: Sequence[str]) -> dict[str, Particulars]:
    """With what these things were made, as far as somebody knows."""
    found: dict[str, Particulars] = {}
    for prefix, finder in _finders:
        if asked := [key for key in keys if key.startswith(prefix)]:
            found.update(finder(principal, asked))
    return found
