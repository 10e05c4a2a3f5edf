"""Reads PROV-JSON: our own, without losing anything, and that of others as far as it says what came from what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from audit.exceptions import InvalidInput
from lineage import keys
from lineage.exchange.ndjson import BASES, EDGE_KINDS, EDGE_ROLES, NODE_KINDS, check_ends, moment, word
from lineage.exchange.portable import local
from lineage.exchange.reading import Fields, json_of
from lineage.facts import Flow, Thing
from lineage.vocabulary import Basis, EdgeKind, NodeKind

#: For each relation: its ends, the later thing first, and the kind of edge that it is.
_RELATIONS: Final = {
    "used": ("prov:activity", "prov:entity", EdgeKind.USED),
    "wasGeneratedBy": ("prov:entity", "prov:activity", EdgeKind.GENERATED),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity", EdgeKind.DERIVED),
    "wasStartedBy": ("prov:activity", "prov:starter", EdgeKind.PART_OF),
    "specializationOf": ("prov:specificEntity", "prov:generalEntity", EdgeKind.HAS_VERSION),
    "alternateOf": ("prov:alternate1", "prov:alternate2", EdgeKind.SAME_AS),
    "wasInfluencedBy": ("prov:influencee", "prov:influencer", EdgeKind.ASSOCIATED),
    "wasInformedBy": ("prov:informed", "prov:informant", EdgeKind.ASSOCIATED),
    "wasAttributedTo": ("prov:entity", "prov:agent", EdgeKind.ASSOCIATED),
    "wasAssociatedWith": ("prov:activity", "prov:agent", EdgeKind.ASSOCIATED),
}
_MOST_DIGITS: Final = 15


def read_prov(sent: Any) -> tuple[Sequence[Thing], Sequence[Flow]]:
    """The facts in a document. Raises InvalidInput."""
    reader = _Reader(Fields(sent, ""))
    return reader.read()


class _Reader:
    """Reads one document."""

    def __init__(self, document: Fields) -> None:
        self.document = document
        prefix = document.optional_part("prefix")
        self.prefixes: dict[str, Any] = prefix.value if prefix else {}
        self.things: dict[str, Thing] = {}
        self.names: dict[str, str] = {}

    def read(self) -> tuple[Sequence[Thing], Sequence[Flow]]:
        """Elements first, then what is said between them."""
        if self.document.has("bundle"):
            raise InvalidInput("Bundles are not read; send each of them as a document.")
        for element in ("entity", "activity", "agent"):
            for name, fields in self._members(element):
                self._read_element(element, name, fields)
        flows: dict[Flow, None] = {}
        for relation, ends in _RELATIONS.items():
            for _, fields in self._members(relation):
                if (flow := self._flow(fields, *ends)) is not None:
                    flows[flow] = None
        if not self.things:
            raise InvalidInput("The document has neither entities nor activities.")
        check_ends(self.things, flows)
        return list(self.things.values()), list(flows)

    def _members(self, name: str) -> list[tuple[str, Fields]]:
        group = self.document.optional_part(name)
        found: list[tuple[str, Fields]] = []
        for each, value in group.value.items() if group else ():
            # One identifier may stand for several records.
            records = value if isinstance(value, list) else [value]
            found += [(each, Fields(record, f"{name}.{each}")) for record in records]
        return found

    def _read_element(self, element: str, name: str, fields: Fields) -> None:
        if fields.value.get("sk:hidden"):
            return
        thing = _own(fields) if fields.has("sk:key") else self._foreign(element, name, fields)
        self.things[thing.key] = thing
        self.names[name] = thing.key

    def _foreign(self, element: str, name: str, fields: Fields) -> Thing:
        uri = self._expanded(name)
        label = _text(fields.value.get("prov:label")) or uri
        if element == "activity":
            at = _started(fields)
            return Thing(NodeKind.RUN, keys.run(uri, tracker="prov"), label, at)
        return Thing(NodeKind.EXTERNAL, keys.external("prov", uri), label)

    def _expanded(self, name: str) -> str:
        prefix, colon, rest = name.partition(":")
        base = self.prefixes.get(prefix if colon else "default")
        return f"{base}{rest if colon else name}" if isinstance(base, str) else name

    def _flow(self, fields: Fields, later: str, earlier: str, kind: EdgeKind) -> Flow | None:
        if fields.value.get("sk:hidden") or not (fields.has(later) and fields.has(earlier)):
            return None
        src, dst = (self._end(fields, end) for end in (earlier, later))
        if src == dst:
            return None
        if not fields.has("sk:kind"):
            return Flow(src, dst, kind, basis=Basis.DECLARED)
        said = Fields({name: _text(fields.value.get(f"sk:{name}")) for name in ("kind", "role", "basis")}, fields.place)
        at = moment(Fields({"at": _number(fields.value.get("sk:at"))}, fields.place), "at")
        return Flow(
            src, dst, word(said, "kind", EDGE_KINDS), word(said, "role", EDGE_ROLES), word(said, "basis", BASES), at
        )

    def _end(self, fields: Fields, end: str) -> str:
        """The key of an end; one that was not declared is what the relation takes it for."""
        name = fields.text(end)
        if name not in self.names:
            element = (
                "activity" if end in ("prov:activity", "prov:starter", "prov:informed", "prov:informant") else "entity"
            )
            self._read_element(element, name, Fields({}, fields.place))
        return self.names[name]


def _own(fields: Fields) -> Thing:
    """An element that a server of ours wrote."""
    kind = Fields({"kind": _text(fields.value.get("prov:type")).removeprefix("sk:")}, fields.place)
    try:
        props = json_of((_text(fields.value.get("sk:properties")) or "{}").encode())
    except InvalidInput as error:
        raise InvalidInput(f"{fields.place}.sk:properties must be JSON that can be kept.") from error
    return Thing(
        word(kind, "kind", NODE_KINDS),
        local(_text(fields.value.get("sk:key"))),
        _text(fields.value.get("prov:label")),
        moment(Fields({"at": _number(fields.value.get("sk:at"))}, fields.place), "at"),
        _text(fields.value.get("sk:digest")),
        Fields(props, f"{fields.place}.sk:properties").value,
    )


def _text(value: Any) -> str:
    """A value of PROV-JSON as text: it may be typed, or the first of several."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("$", "")
    return "" if value is None else str(value)


def _number(value: Any) -> Any:
    said = _text(value)
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= _MOST_DIGITS else said or 0


def _started(fields: Fields) -> int:
    said = _text(fields.value.get("prov:startTime"))
    try:
        found = datetime.fromisoformat(said) if said else None
    except ValueError:
        found = None
    return int(found.timestamp() * 1000) if found is not None and found.tzinfo is not None else 0
