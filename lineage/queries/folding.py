"""What a picture of many nodes draws: near ones by themselves, far ones as counted groups, within a budget.

The rules in their order: what is near stays by itself; siblings of one kind with the same neighbours become a bundle;
versions in a row become a chain; then whatever belongs together by kind and container; then the heaviest groups stay
and the rest of each kind becomes one. Every node is in exactly one item, so that counts always add up.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Literal

NEAR: Final = 2
BUNDLE: Final = 5
CHAIN: Final = 3
#: So many of the rest are shown when it is opened.
_OPENED: Final = 20

Rule = Literal["node", "siblings", "chain", "container", "others"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A node to be drawn. ``depth`` is negative upstream; ``container`` is what it is a version or a part of."""

    id: int
    kind: str
    depth: int
    container: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in the picture: a node, or a group of them with an id that stays while its meaning does."""

    id: str
    rule: Rule
    kind: str
    depth: int
    members: tuple[int, ...]
    container: str = ""


def fold(
    nodes: Sequence[Drawn],
    edges: Iterable[tuple[int, int]],
    *,
    budget: int,
    expanded: AbstractSet[str] = frozenset(),
    near: int = NEAR,
) -> list[Item]:
    """Put nodes into at most about ``budget`` items; groups in ``expanded`` are opened and count beyond it."""
    pairs = list(edges)
    by_id = {node.id: node for node in nodes}
    crowded = len(nodes) > budget
    kept = {node.id for node in nodes if node.depth == 0 or (not crowded and abs(node.depth) <= near)}
    groups: list[Item] = []
    loose = [node for node in nodes if node.id not in kept]
    for rule in (_siblings, _chains):
        made = [item for item in rule(loose, pairs) if item.id not in expanded]
        grouped = {member for item in made for member in item.members}
        groups += made
        loose = [node for node in loose if node.id not in grouped]
    singles = [by_id[pk] for pk in kept] + loose
    items = [_single(node) for node in singles] + groups
    if len(items) > budget:
        items = _by_container(items, by_id, expanded, budget)
    if len(items) > budget:
        items = _heaviest(items, by_id, expanded, budget)
    return items


def bundles(items: Sequence[Item], edges: Iterable[tuple[int, int]]) -> Counter[tuple[str, str]]:
    """How many edges run between items; those within one are left out."""
    place = {member: item.id for item in items for member in item.members}
    ends = ((place[src], place[dst]) for src, dst in edges if src in place and dst in place)
    return Counter(pair for pair in ends if pair[0] != pair[1])


def _single(node: Drawn) -> Item:
    return Item(f"n{node.id}", "node", node.kind, node.depth, (node.id,), node.container)


def _siblings(nodes: Sequence[Drawn], edges: Sequence[tuple[int, int]]) -> Iterator[Item]:
    """Nodes of one kind that hang on the very same nodes, on the side from which they were reached."""
    ups, downs = _neighbours(edges)

    def signature(node: Drawn) -> Hashable:
        towards = ups if node.depth > 0 else downs
        return (node.kind, node.depth, frozenset(towards[node.id]))

    for key, members in _grouped(nodes, signature).items():
        if len(members) >= BUNDLE:
            yield _group("siblings", key, members)


def _chains(nodes: Sequence[Drawn], edges: Sequence[tuple[int, int]]) -> Iterator[Item]:
    """Versions of one thing at one depth: “v3 … v17”."""
    versions = [node for node in nodes if node.kind.endswith("_version") and node.container]
    for key, members in _grouped(versions, lambda node: (node.kind, node.depth, node.container)).items():
        if len(members) >= CHAIN:
            yield _group("chain", key, members)


def _by_container(
    items: Sequence[Item], by_id: Mapping[int, Drawn], expanded: AbstractSet[str], budget: int
) -> list[Item]:
    """One item for all of a kind and container on one side, the farthest first, as long as there are too many."""
    places: dict[Hashable, list[Item]] = defaultdict(list)
    fixed = [item for item in items if item.depth == 0]
    for item in items:
        if item.depth != 0:
            places["container", item.kind, item.container, item.depth > 0].append(item)
    kept, groups = list(fixed), []
    ordered = sorted(places.items(), key=lambda entry: -min(abs(item.depth) for item in entry[1]))
    left = len(items)
    for key, together in ordered:
        members = [by_id[member] for item in together for member in item.members]
        group = _group("container", key, members)
        if left > budget and len(together) > 1 and group.id not in expanded:
            groups.append(group)
            left -= len(together) - 1
        else:
            kept += together
    return kept + groups


def _heaviest(items: Sequence[Item], by_id: Mapping[int, Drawn], expanded: AbstractSet[str], budget: int) -> list[Item]:
    """The nearest and heaviest items, and one for the rest of each kind on each side."""
    ordered = sorted(items, key=lambda item: (item.depth != 0, abs(item.depth) > NEAR, -len(item.members), item.id))
    sides = {(item.kind, item.depth > 0) for item in items if item.depth != 0}
    room = max(1, budget - len(sides))
    kept, rest = ordered[:room], ordered[room:]
    others: dict[Hashable, list[Drawn]] = defaultdict(list)
    for item in rest:
        others["others", item.kind, item.depth > 0] += [by_id[member] for member in item.members]
    for key, members in others.items():
        opened = members[:_OPENED] if _group("others", key, members).id in expanded else []
        kept += [_single(member) for member in opened]
        if left := members[len(opened) :]:
            kept.append(_group("others", key, left))
    return kept


def _group(rule: Rule, key: Hashable, members: Sequence[Drawn]) -> Item:
    named = hashlib.sha256(f"{rule} {_stable(key)}".encode()).hexdigest()[:16]
    containers = {member.container for member in members}
    return Item(
        id=f"g{named}",
        rule=rule,
        kind=members[0].kind,
        depth=min((member.depth for member in members), key=abs),
        members=tuple(member.id for member in members),
        container=containers.pop() if len(containers) == 1 else "",
    )


def _stable(key: Hashable) -> str:
    """The same text for the same key, whatever the order of its sets."""
    parts = key if isinstance(key, tuple) else (key,)
    return repr([sorted(part) if isinstance(part, frozenset) else part for part in parts])


def _grouped(nodes: Iterable[Drawn], signature: Callable[[Drawn], Hashable]) -> dict[Hashable, list[Drawn]]:
    groups: dict[Hashable, list[Drawn]] = defaultdict(list)
    for node in nodes:
        groups[signature(node)].append(node)
    return groups


def _neighbours(edges: Iterable[tuple[int, int]]) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    ups: dict[int, set[int]] = defaultdict(set)
    downs: dict[int, set[int]] = defaultdict(set)
    for src, dst in edges:
        ups[dst].add(src)
        downs[src].add(dst)
    return ups, downs
