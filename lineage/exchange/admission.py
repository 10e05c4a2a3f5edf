"""What those outside may say of things that are known already.

A run, a version or a deployment belongs to whoever recorded it: others may not say how it came to be, and the graph
does not tell them that it is there. What is named by its content, such as a dataset version or a commit, anybody may
have used.
"""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

import orjson

from accounts.principals import Principal
from accounts.roles import Action
from audit.exceptions import InvalidInput, NotFound
from lineage.facts import Flow, Thing
from lineage.models import KEY_LENGTH, Node, Scope
from lineage.vocabulary import NodeKind

#: What has a maker here or elsewhere; everything else is named by what it is.
OWNED: Final = frozenset(
    {
        NodeKind.RUN,
        NodeKind.PIPELINE_RUN,
        NodeKind.MODEL_VERSION,
        NodeKind.MODEL,
        NodeKind.EVALUATION,
        NodeKind.DEPLOYMENT,
    }
)
_AT_ONCE: Final = 500
_MOST_PROPERTIES: Final = 64 * 1024
_DIGEST_LENGTH: Final = 128
#: Keys of what this server keeps itself. They are made by the operations that make the thing.
OURS: Final = ("run:local/", "mv:local/", "m:local/", "art:logged-model:local/", "ev:run:local/")
_DEPLOYMENT: Final = re.compile(r"^dep:\d+/")


#: The kinds of nodes that a key may name, by what it begins with.
_KINDS: Final = {
    "ds": {NodeKind.DATASET},
    "dsv": {NodeKind.DATASET_VERSION},
    "fv": {NodeKind.FEATURE_VIEW_VERSION},
    "git": {NodeKind.CODE},
    "oci": {NodeKind.IMAGE},
    "env": {NodeKind.ENVIRONMENT},
    "run": {NodeKind.RUN, NodeKind.PIPELINE_RUN},
    "art": {NodeKind.ARTIFACT},
    "mv": {NodeKind.MODEL_VERSION},
    "m": {NodeKind.MODEL},
    "ev": {NodeKind.EVALUATION},
    "dep": {NodeKind.DEPLOYMENT},
    "ext": {NodeKind.EXTERNAL},
}


def is_ours(key: str) -> bool:
    """Whether only this server makes things of that key."""
    return key.startswith(OURS) or bool(_DEPLOYMENT.match(key))


def check_thing(thing: Thing) -> None:
    """Raises InvalidInput for a key that is none, or that names another kind of thing than it is said to be."""
    start, separator, rest = thing.key.partition(":")
    if not separator or not rest.strip() or thing.kind not in _KINDS.get(start, ()):
        raise InvalidInput(f"“{thing.key[:80]}” is no key of a {thing.kind.label}.")
    if len(thing.key) > KEY_LENGTH:
        raise InvalidInput(f"The name “{thing.key[:80]}…” is longer than {KEY_LENGTH} characters.")
    if len(thing.digest) > _DIGEST_LENGTH:
        raise InvalidInput(f"The digest of “{thing.key[:80]}” is longer than {_DIGEST_LENGTH} characters.")
    if len(orjson.dumps(thing.props)) > _MOST_PROPERTIES:
        raise InvalidInput(f"“{thing.key[:80]}” has more than {_MOST_PROPERTIES // 1024} kB of properties.")


def admit(principal: Principal, things: Iterable[Thing], flows: Iterable[Flow]) -> list[Thing]:
    """The things that may be recorded of what somebody says: those that are not of this server.

    Raises NotFound for a thing of this server that is not there or not theirs, and for one that somebody else recorded.
    """
    named = {thing.key: thing for thing in things}
    for thing in named.values():
        check_thing(thing)
    flows = list(flows)
    changed = {flow.dst for flow in flows}
    touched = set(named) | changed | {flow.src for flow in flows}
    found = _known(touched)
    for key in touched:
        node = found.get(key)
        action = Action.WRITE if key in changed else Action.VIEW
        if is_ours(key) if node is None else (is_ours(key) or node.kind in OWNED) and not principal.may(action, node):
            raise NotFound(f"There is no {key}, or you may not {action} it.")
    return [thing for key, thing in named.items() if not is_ours(key)]


def _known(keys: Iterable[str]) -> dict[str, Node]:
    rest = iter(keys)
    nodes: dict[str, Node] = {}
    scopes: dict[int, Scope] = {}
    while portion := list(islice(rest, _AT_ONCE)):
        for node in Node.objects.with_keys(portion).select_related("scope"):
            # One row for each scope, so that each is asked once whether its project's roles count.
            node.scope = scopes.setdefault(node.scope_id, node.scope)
            nodes[node.key] = node
    return nodes
