"""What a promotion policy says: its text read and checked, what it asks of one step, and which of two asks for more.

The text is YAML. `read_policy` finds every mistake and names its line; what it returns never fails later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from approvals.exceptions import InvalidPolicy, PolicyError
from approvals.gate_types import GATE_TYPES, GateSpec, Kind, check_value
from registry.rules import Stage

TEXT_LENGTH: Final = 50_000
_STAGES: Final = (Stage.STAGING, Stage.PRODUCTION)
TIERS: Final = ("low", "medium", "high", "critical")

_TOP: Final[Mapping[str, Kind]] = {
    "schema": Kind.WHOLE,
    "name": Kind.NAME,
    "summary": Kind.TEXT,
    "independence": Kind.INDEPENDENCE,
    "cool_down_hours": Kind.WHOLE,
    "expires_after_days": Kind.WHOLE,
    "execute": Kind.EXECUTE,
    "step_up_minutes": Kind.WHOLE,
    "break_glass": Kind.MAPPING,
    "transitions": Kind.MAPPING,
}
_BREAK_GLASS: Final[Mapping[str, Kind]] = {"allowed": Kind.FLAG, "ratify_within_hours": Kind.WHOLE}
_STEP: Final[Mapping[str, Kind]] = {
    "approvals": Kind.WHOLE,
    "different_groups": Kind.FLAG,
    "skip_staging": Kind.FLAG,
    "gates": Kind.LIST,
}
_LARGEST_QUORUM: Final = 10
_MOST_GATES: Final = 200


@dataclass(frozen=True)
class Gate:
    """One gate of a policy: its type, a name of its own, whether nobody may waive it, and what it is asked."""

    type: str
    name: str
    hard: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Requirement:
    """What a policy asks before a version of one tier may enter one stage. Times are whole hours, days and minutes."""

    to_stage: str
    approvals: int = 0
    different_groups: bool = False
    skip_staging: bool = False
    gates: tuple[Gate, ...] = ()
    independence: str = "requester"
    cool_down_hours: int = 24
    expires_after_days: int = 14
    execute: str = "automatically"
    step_up_minutes: int = 15
    break_glass: bool = False
    ratify_within_hours: int = 72

    @property
    def is_free(self) -> bool:
        """Whether the step needs neither a decision nor a gate, so that it is taken at once."""
        return self.approvals == 0 and not self.gates

    def as_document(self) -> dict[str, Any]:
        """As JSON, for keeping."""
        return asdict(self)

    @classmethod
    def from_document(cls, kept: Mapping[str, Any]) -> Requirement:
        """What `as_document` kept."""
        return cls(**{**kept, "gates": tuple(Gate(**gate) for gate in kept["gates"])})


@dataclass(frozen=True)
class Policy:
    """A policy that was read without a mistake: ``steps`` by stage, then by tier."""

    name: str
    summary: str
    steps: Mapping[str, Mapping[str, Requirement]]

    def requirement(self, to_stage: str, tier: str) -> Requirement:
        """What it asks of a model of that tier."""
        return self.steps[to_stage][tier]


def read_policy(text: str) -> Policy:
    """Read a policy. Raises InvalidPolicy with every mistake and its line."""
    if len(text) > TEXT_LENGTH:
        raise InvalidPolicy([PolicyError(1, f"A policy has at most {TEXT_LENGTH:,} characters.")])
    root = _compose(text)
    reader = _Reader()
    policy = reader.policy(root)
    if reader.errors or policy is None:
        raise InvalidPolicy(sorted(reader.errors, key=lambda error: error.line))
    return policy


def combined(project: Requirement, model: Requirement | None) -> Requirement:
    """What both ask together: a model's own policy can only add to its project's."""
    if model is None:
        return project
    names = {gate.name for gate in project.gates}
    added = tuple(replace(gate, name=_free_name(gate.name, names)) for gate in model.gates if gate not in project.gates)
    return replace(
        project,
        approvals=max(project.approvals, model.approvals),
        different_groups=project.different_groups or model.different_groups,
        skip_staging=project.skip_staging and model.skip_staging,
        gates=project.gates + added,
        independence="strict" if "strict" in (project.independence, model.independence) else "requester",
        cool_down_hours=max(project.cool_down_hours, model.cool_down_hours),
        expires_after_days=min(project.expires_after_days, model.expires_after_days),
        execute="on_call" if "on_call" in (project.execute, model.execute) else "automatically",
        step_up_minutes=min(project.step_up_minutes, model.step_up_minutes),
        break_glass=project.break_glass and model.break_glass,
        ratify_within_hours=min(project.ratify_within_hours, model.ratify_within_hours),
    )


def loosened(before: Policy, after: Policy) -> list[str]:
    """Everything that ``after`` asks less of than ``before``, in sentences; empty when it only tightens."""
    return [
        f"{stage}, {tier} models: {what}"
        for stage in _STAGES
        for tier in TIERS
        for what in _looser(before.requirement(stage, tier), after.requirement(stage, tier))
    ]


def _looser(before: Requirement, after: Requirement) -> Iterator[str]:
    if after.approvals < before.approvals:
        yield f"{after.approvals} instead of {before.approvals} approvals"
    if after.skip_staging and not before.skip_staging:
        yield "Staging may be skipped"
    if before.approvals:
        yield from _looser_deciding(before, after)
    if after.break_glass and before.break_glass and after.ratify_within_hours > before.ratify_within_hours:
        hours = f"{after.ratify_within_hours} instead of {before.ratify_within_hours} hours"
        yield f"break-glass is ratified within {hours}"
    yield from _looser_gates(before, after)


def _looser_deciding(before: Requirement, after: Requirement) -> Iterator[str]:
    if before.different_groups and not after.different_groups and after.approvals:
        yield "approvers may be of the same team"
    if before.independence == "strict" and after.independence != "strict":
        yield "makers of a version may approve it"
    if after.cool_down_hours < before.cool_down_hours:
        yield f"a role counts after {after.cool_down_hours} instead of {before.cool_down_hours} hours"
    if after.step_up_minutes > before.step_up_minutes:
        yield f"a sign-in counts for {after.step_up_minutes} instead of {before.step_up_minutes} minutes"
    if after.break_glass and not before.break_glass:
        yield "break-glass is allowed"


def _looser_gates(before: Requirement, after: Requirement) -> Iterator[str]:
    kept = {(gate.type, gate.name): gate for gate in after.gates}
    for gate in before.gates:
        other = kept.get((gate.type, gate.name))
        if other is None:
            yield f"the gate “{gate.name}” is gone"
        elif gate.hard and not other.hard:
            yield f"the gate “{gate.name}” can be waived"
        elif dict(other.config) != dict(gate.config):
            yield f"the gate “{gate.name}” asks for something else"


def _free_name(name: str, taken: set[str]) -> str:
    unique, number = name, 2
    while unique in taken:
        unique, number = f"{name} ({number})", number + 1
    taken.add(unique)
    return unique


def _compose(text: str) -> Node:
    try:
        # Anchors could make a short text mean a huge document.
        if any(isinstance(token, yaml.AliasToken | yaml.AnchorToken) for token in yaml.scan(text)):
            raise InvalidPolicy([PolicyError(1, "Anchors and aliases (& and *) are not used in policies.")])
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidPolicy([PolicyError(line, f"This is not YAML: {error.problem}.")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidPolicy([PolicyError(1, "This is not YAML.")]) from error
    if root is None:
        raise InvalidPolicy([PolicyError(1, "The policy is empty.")])
    return root


class _Reader:
    """Reads nodes of YAML and collects what is wrong, with lines."""

    def __init__(self) -> None:
        self.errors: list[PolicyError] = []

    def policy(self, root: Node) -> Policy | None:
        top = self.mapping(root, _TOP, "a policy", required=("schema", "name", "transitions"))
        if top is None:
            return None
        if top.get("schema", 1) != 1:
            self.wrong(root, "This server reads policies of schema 1.")
        shared = self.shared(top)
        transitions = self.entries(top.get("transitions"), "transitions", tuple(map(str, _STAGES)))
        steps = {}
        for stage in _STAGES:
            node = transitions.get(str(stage))
            if node is None:
                self.wrong(root, f"transitions says nothing about {stage}.")
            else:
                steps[str(stage)] = self.step(str(stage), node, shared)
        return Policy(str(top.get("name", "")), str(top.get("summary", "")), steps)

    def shared(self, top: dict[str, Any]) -> dict[str, Any]:
        """What holds for every step."""
        keys = ("independence", "cool_down_hours", "expires_after_days", "execute", "step_up_minutes")
        shared = {key: top[key] for key in keys if top.get(key) is not None}
        if top.get("break_glass") is not None:
            glass = self.mapping(top["break_glass"], _BREAK_GLASS, "break_glass", required=("allowed",)) or {}
            shared["break_glass"] = bool(glass.get("allowed"))
            if glass.get("ratify_within_hours"):
                shared["ratify_within_hours"] = glass["ratify_within_hours"]
        return shared

    def step(self, stage: str, node: Node, shared: dict[str, Any]) -> dict[str, Requirement]:
        """What one stage asks, by tier; a tier says only what is different."""
        own = self.mapping(node, {**_STEP, "tiers": Kind.MAPPING}, stage) or {}
        base = self.requirement(Requirement(to_stage=stage, **shared), own)
        tiers = self.entries(own.get("tiers"), "tiers", TIERS)
        return {
            tier: self.requirement(base, self.mapping(tiers[tier], _STEP, f"the tier {tier}") or {})
            if tier in tiers
            else base
            for tier in TIERS
        }

    def requirement(self, base: Requirement, own: dict[str, Any]) -> Requirement:
        gates = base.gates
        if own.get("gates") is not None:
            gates = self.gates(own["gates"])
        plain = {key: own[key] for key in ("approvals", "different_groups", "skip_staging") if own.get(key) is not None}
        return replace(base, gates=gates, **plain)

    def gates(self, node: Node) -> tuple[Gate, ...]:
        names: set[str] = set()
        assert isinstance(node, SequenceNode)
        if len(node.value) > _MOST_GATES:
            self.wrong(node, f"A step has at most {_MOST_GATES} gates.")
            return ()
        return tuple(gate for item in node.value if (gate := self.gate(item, names)) is not None)

    def gate(self, node: Node, names: set[str]) -> Gate | None:
        kind = self.type_of(node)
        if kind is None:
            return None
        spec = GATE_TYPES[kind]
        common = {"type": Kind.TEXT, "name": Kind.TEXT, "hard": Kind.FLAG}
        read = self.mapping(node, {**common, **spec.fields}, f"a gate {kind}", required=spec.required)
        if read is None:
            return None
        config = {key: value for key, value in read.items() if key not in common and value is not None}
        if flaw := spec.flaw(config):
            self.wrong(node, flaw)
        name = str(read.get("name") or spec.name(config))
        if name in names:
            self.wrong(node, f"Two gates are called “{name}”: give one of them another name.")
        names.add(name)
        return Gate(kind, name, bool(read.get("hard")), config)

    def type_of(self, node: Node) -> str | None:
        if not isinstance(node, MappingNode):
            self.wrong(node, "A gate is a mapping that begins with its type.")
            return None
        for key, value in node.value:
            if key.value == "type" and isinstance(value, ScalarNode):
                if value.value in GATE_TYPES:
                    return str(value.value)
                self.wrong(value, f"There is no gate “{value.value}”. There are: {', '.join(sorted(GATE_TYPES))}.")
                return None
        self.wrong(node, "A gate needs a type.")
        return None

    def mapping(
        self, node: Any, fields: Mapping[str, Kind], what: str, required: tuple[str, ...] = ()
    ) -> dict[str, Any] | None:
        """The values of a mapping by key: plain values read, nested nodes as they are."""
        if not isinstance(node, MappingNode):
            self.wrong(node, f"{what.capitalize()} is written as keys and values.")
            return None
        values: dict[str, Any] = {}
        for key_node, value in node.value:
            key = str(key_node.value)
            if key not in fields:
                self.wrong(key_node, f"“{key}” means nothing in {what}. It takes: {', '.join(fields)}.")
            elif key in values:
                self.wrong(key_node, f"“{key}” is there twice.")
            else:
                values[key] = self.value(key, value, fields[key])
        for key in required:
            if key not in values:
                self.wrong(node, f"{what.capitalize()} needs “{key}”.")
        return values

    def entries(self, node: Any, what: str, known: tuple[str, ...]) -> dict[str, Node]:
        """The nested nodes of a mapping with known keys."""
        if node is None or not isinstance(node, MappingNode):
            return {}
        found = {}
        for key_node, value in node.value:
            if key_node.value in known:
                found[str(key_node.value)] = value
            else:
                self.wrong(key_node, f"“{key_node.value}” means nothing in {what}. It takes: {', '.join(known)}.")
        return found

    def value(self, key: str, node: Node, kind: Kind) -> Any:
        if kind in (Kind.MAPPING, Kind.LIST):
            wanted = MappingNode if kind is Kind.MAPPING else SequenceNode
            if not isinstance(node, wanted):
                self.wrong(node, f"“{key}” is written as {'keys and values' if kind is Kind.MAPPING else 'a list'}.")
                return None
            return node
        plain = yaml.SafeLoader("").construct_object(node, deep=True)
        if flaw := check_value(kind, plain):
            self.wrong(node, f"“{key}” {flaw}.")
            return None
        if key == "approvals" and plain > _LARGEST_QUORUM:
            self.wrong(node, f"At most {_LARGEST_QUORUM} approvals can be asked for.")
        return plain

    def wrong(self, node: Any, sentence: str) -> None:
        line = node.start_mark.line + 1 if isinstance(node, Node) else 1
        self.errors.append(PolicyError(line, sentence))


__all__ = ["Gate", "GateSpec", "Policy", "Requirement", "combined", "loosened", "read_policy"]
