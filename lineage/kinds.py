"""The seam by which the apps above say what their things are called today, and find them by the names people use.

A node keeps the label it was first seen with. Whether it is in Production now, who owns it and where its page is are
known to the app that it came from, which registers a describer for the start of its keys.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.principals import Principal


@dataclass(frozen=True, slots=True)
class Described:
    """A thing as it is now. ``details`` are further facts of its kind, as JSON."""

    label: str
    url: str = ""
    stage: str = ""
    status: str = ""
    owner: str = ""
    owner_id: int | None = None
    #: Its best known figure, by name.
    metric: tuple[str, float] | None = None
    digest: str = ""
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)


#: Describes what is behind many keys in a fixed number of queries; what it does not know, or the principal may not
#: see, is not in the answer.
Describer = Callable[[Principal, Sequence[str]], Mapping[str, Described]]
#: Finds the keys of many names (what stands after ``run=``) in a fixed number of queries; what is not there, or the
#: principal may not see, is not in the answer.
Resolver = Callable[[Principal, Sequence[str]], Mapping[str, str]]

_describers: dict[str, Describer] = {}


def _find_datasets(principal: Principal, names: Sequence[str]) -> Mapping[str, str]:
    """Datasets by ``namespace/name``, and their versions by ``namespace/name@scheme:value``: the key says it all."""
    return {name: f"{'dsv' if _VERSIONED.search(name) else 'ds'}:{name}" for name in names}


_VERSIONED = re.compile(r"@[a-z0-9-]+:[^/@]*$")
_resolvers: dict[str, Resolver] = {"dataset": _find_datasets}


def register(prefix: str, describer: Describer) -> None:
    """Let ``describer`` describe what has a key that begins with ``prefix``. For ``AppConfig.ready()``."""
    _describers[prefix] = describer


def register_name(word: str, resolver: Resolver) -> None:
    """Let ``resolver`` find what people write as ``word=…``. For ``AppConfig.ready()``."""
    _resolvers[word] = resolver


def describe(principal: Principal, keys: Iterable[str]) -> dict[str, Described]:
    """What is behind these keys today, as far as somebody knows; a fixed number of queries for each kind."""
    by_prefix: dict[str, list[str]] = {}
    for key in keys:
        prefix = next((prefix for prefix in _describers if key.startswith(prefix)), None)
        if prefix is not None:
            by_prefix.setdefault(prefix, []).append(key)
    found: dict[str, Described] = {}
    for prefix, asked in by_prefix.items():
        found.update(_describers[prefix](principal, asked))
    return found


def resolve(principal: Principal, names: Iterable[str]) -> dict[str, str]:
    """The keys behind names such as ``version=default/fraud/7``, by name; a name that is a key already is its own.

    A name of no registered kind is taken for a key: whether there is such a node, and whether the principal may see it,
    is the asker's to find out.
    """
    found: dict[str, str] = {}
    by_word: dict[str, list[str]] = {}
    for name in names:
        word, is_name, rest = name.partition("=")
        if is_name and word in _resolvers:
            by_word.setdefault(word, []).append(rest)
        else:
            found[name] = name
    for word, asked in by_word.items():
        found.update({f"{word}={rest}": key for rest, key in _resolvers[word](principal, asked).items()})
    return found
