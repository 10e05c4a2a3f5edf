"""What apps above tracking made of runs, such as model versions: they register who finds it, and pages show it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from accounts.principals import Principal


@dataclass(frozen=True, slots=True)
class Descendant:
    """Something that was made of a run: what it is called, where it is shown, and its stage if it has one."""

    label: str
    url: str
    stage: str = ""


#: Finds what the principal may see, by the uids of runs: one query however many there are.
Finder = Callable[[Principal, Sequence[str]], Mapping[str, Iterable[Descendant]]]

_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Ask ``finder`` what was made of runs. For ``AppConfig.ready()``."""
    if finder not in _finders:
        _finders.append(finder)


def descendants_of(principal: Principal, run_ids: Sequence[str]) -> dict[str, list[Descendant]]:
    """What was made of these runs, by run."""
    found: dict[str, list[Descendant]] = defaultdict(list)
    for finder in _finders if run_ids else ():
        for run_id, descendants in finder(principal, run_ids).items():
            found[run_id] += descendants
    return found
