"""Reads lineage in our own format, as another server or this one exported it."""

from collections.abc import Sequence
from typing import Any, Final

from audit.exceptions import InvalidInput
from lineage.exchange.portable import local
from lineage.exchange.reading import Fields, json_of
from lineage.exports.ndjson import FORMAT, VERSION
from lineage.facts import Flow, Thing
from lineage.models import KEY_LENGTH
from lineage.vocabulary import Basis, EdgeKind, EdgeRole, NodeKind

NODE_KINDS: Final = {kind.name.lower(): kind for kind in NodeKind}
EDGE_KINDS: Final = {kind.name.lower(): kind for kind in EdgeKind}
EDGE_ROLES: Final = {"" if role is EdgeRole.NONE else role.name.lower(): role for role in EdgeRole}
#: What another server saw is here what it says.
BASES: Final = {"observed": Basis.DECLARED, "declared": Basis.DECLARED, "inferred": Basis.INFERRED}
#: The last millisecond of the year 9999.
_LATEST: Final = 253_402_300_799_999


def read_ndjson(text: str) -> tuple[Sequence[Thing], Sequence[Flow]]:
    """The facts in an export. Raises InvalidInput, also when its end is missing."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise InvalidInput("The file is empty.")
    head = Fields(json_of(lines[0].encode()), "line 1")
    if head.value.get("format") != FORMAT or head.value.get("version") != VERSION:
        raise InvalidInput(f"This is no {FORMAT} of version {VERSION}.")
    things: dict[str, Thing] = {}
    flows: dict[Flow, None] = {}
    end: Fields | None = None
    for number, line in enumerate(lines[1:], start=2):
        fields = Fields(json_of(line.encode()), f"line {number}")
        if fields.has("node"):
            thing = _thing(fields)
            things[thing.key] = thing
        elif fields.has("edge"):
            flows[_flow(fields)] = None
        elif fields.has("end"):
            end = fields
        elif not fields.has("hidden"):
            raise InvalidInput(f"{fields.place} is neither a node nor an edge.")
    if end is None or (end.value.get("nodes"), end.value.get("edges")) != (len(things), len(flows)):
        raise InvalidInput("The file was cut short: its last line does not agree with what is before it.")
    check_ends(things, flows)
    return list(things.values()), list(flows)


def check_ends(things: dict[str, Thing], flows: dict[Flow, None]) -> None:
    """Raises InvalidInput for an edge between things that the file does not name."""
    for flow in flows:
        if missing := [key for key in (flow.src, flow.dst) if key not in things]:
            raise InvalidInput(f"An edge names “{missing[0][:80]}”, which is no node of this file.")
        if flow.src == flow.dst:
            raise InvalidInput(f"An edge goes from “{flow.src[:80]}” to itself.")


def word(fields: Fields, name: str, known: dict[str, Any]) -> Any:
    """What a word stands for."""
    said = fields.optional_text(name)
    if said not in known:
        raise InvalidInput(f"{fields.place}.{name} must be one of {', '.join(filter(None, known))}.")
    return known[said]


def moment(fields: Fields, name: str) -> int:
    """Milliseconds since 1970, or 0."""
    said = fields.value.get(name) or 0
    if not isinstance(said, int) or isinstance(said, bool) or not 0 <= said <= _LATEST:
        raise InvalidInput(f"{fields.place}.{name} must be milliseconds since 1970.")
    return said


def _thing(fields: Fields) -> Thing:
    properties = fields.optional_part("properties")
    return Thing(
        word(fields, "kind", NODE_KINDS),
        local(fields.text("node", longest=KEY_LENGTH)),
        fields.optional_text("label"),
        moment(fields, "at"),
        fields.optional_text("digest"),
        properties.value if properties else {},
    )


def _flow(fields: Fields) -> Flow:
    ends = fields.value["edge"]
    if not isinstance(ends, list) or len(ends) != 2 or not all(isinstance(end, str) for end in ends):
        raise InvalidInput(f"{fields.place}.edge must be the keys of two nodes.")
    return Flow(
        local(ends[0]),
        local(ends[1]),
        word(fields, "kind", EDGE_KINDS),
        word(fields, "role", EDGE_ROLES),
        word(fields, "basis", BASES),
        moment(fields, "at"),
    )
