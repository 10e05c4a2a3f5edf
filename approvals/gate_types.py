"""The types of gates: what each is asked in a policy, how its values look, and how a gate is called by itself."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final


class Kind(Enum):
    """How a value in a policy looks."""

    WHOLE = auto()
    NUMBER = auto()
    FLAG = auto()
    TEXT = auto()
    NAME = auto()
    TEXTS = auto()
    DAYS = auto()
    CLOCK = auto()
    DIRECTION = auto()
    INDEPENDENCE = auto()
    EXECUTE = auto()
    OUTSIDE = auto()
    MAPPING = auto()
    LIST = auto()


DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CHOICES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.DIRECTION: ("higher", "lower"),
    Kind.INDEPENDENCE: ("requester", "strict"),
    Kind.EXECUTE: ("automatically", "on_call"),
    Kind.OUTSIDE: ("refuse", "allow"),
}
_LARGEST: Final = 1_000_000
_TEXT_LENGTH: Final = 300
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def check_value(kind: Kind, value: Any) -> str:
    """What is wrong with a value, as the end of a sentence; empty when nothing is."""
    return _CHECKS[kind](value)


def _whole(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        return "is a whole number, 0 or more"
    return ""


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "is a number"
    return ""


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "is true or false"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        return "is a text"
    return "" if len(value) <= _TEXT_LENGTH else f"has at most {_TEXT_LENGTH} characters"


def _name(value: Any) -> str:
    good = isinstance(value, str) and _NAME.fullmatch(value)
    return "" if good else "is a name of small letters, digits and dashes"


def _texts(value: Any) -> str:
    good = isinstance(value, list) and value and not any(_text(item) for item in value)
    return "" if good else "is a list of texts, with at least one"


def _days(value: Any) -> str:
    good = isinstance(value, list) and value and all(day in DAYS for day in value)
    return "" if good else f"is a list of days: {', '.join(DAYS)}"


def _clock(value: Any) -> str:
    good = isinstance(value, str) and _CLOCK.fullmatch(value)
    return "" if good else 'is a time of day (UTC) in quotes, such as "07:00"'


def _one_of(kind: Kind) -> Callable[[Any], str]:
    return lambda value: "" if value in _CHOICES[kind] else f"is {' or '.join(_CHOICES[kind])}"


_CHECKS: Final[Mapping[Kind, Callable[[Any], str]]] = {
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.TEXT: _text,
    Kind.NAME: _name,
    Kind.TEXTS: _texts,
    Kind.DAYS: _days,
    Kind.CLOCK: _clock,
} | {kind: _one_of(kind) for kind in _CHOICES}


def _no_flaw(config: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True)
class GateSpec:
    """What a type of gate is asked. ``timed`` gates depend on the clock: they are asked when the step is taken.

    ``slow`` ones read files, which is done by workers only; what they say holds for as long as the content digest does.
    """

    fields: Mapping[str, Kind] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    name: Callable[[Mapping[str, Any]], str] = lambda config: ""
    flaw: Callable[[Mapping[str, Any]], str] = _no_flaw
    timed: bool = False
    slow: bool = False


def _threshold_flaw(config: Mapping[str, Any]) -> str:
    return "" if {"at_least", "at_most"} & config.keys() else "A metric_threshold needs “at_least” or “at_most”."


def _window_flaw(config: Mapping[str, Any]) -> str:
    begins, ends = config.get("from"), config.get("to")
    return "A change_window begins before it ends." if begins and ends and begins >= ends else ""


GATE_TYPES: Final[Mapping[str, GateSpec]] = {
    "metric_threshold": GateSpec(
        {"metric": Kind.TEXT, "dataset": Kind.TEXT, "at_least": Kind.NUMBER, "at_most": Kind.NUMBER},
        required=("metric",),
        name=lambda config: f"metric {config.get('metric', '')}",
        flaw=_threshold_flaw,
    ),
    "metric_vs_incumbent": GateSpec(
        {"metric": Kind.TEXT, "direction": Kind.DIRECTION, "tolerance": Kind.NUMBER},
        required=("metric", "direction"),
        name=lambda config: f"{config.get('metric', '')} against the incumbent",
    ),
    "required_tags": GateSpec({"keys": Kind.TEXTS}, required=("keys",), name=lambda config: "required tags"),
    "card_complete": GateSpec({"sections": Kind.TEXTS}, name=lambda config: "model card"),
    "provenance_complete": GateSpec({"needs": Kind.TEXTS}, name=lambda config: "provenance"),
    "integrity": GateSpec({"outside": Kind.OUTSIDE}, name=lambda config: "integrity", slow=True),
    "signature_verified": GateSpec({"key": Kind.TEXT}, name=lambda config: "signature", slow=True),
    "scan_result": GateSpec(
        {"scan": Kind.TEXT, "max_age_days": Kind.WHOLE},
        required=("scan",),
        name=lambda config: f"scan {config.get('scan', '')}",
    ),
    "staging_soak": GateSpec(
        {"hours": Kind.WHOLE}, required=("hours",), name=lambda config: "time in Staging", timed=True
    ),
    "external_check": GateSpec(
        {"check": Kind.TEXT, "max_age_days": Kind.WHOLE},
        required=("check",),
        name=lambda config: f"check {config.get('check', '')}",
    ),
    "change_window": GateSpec(
        {"days": Kind.DAYS, "from": Kind.CLOCK, "to": Kind.CLOCK},
        required=("days", "from", "to"),
        name=lambda config: "change window",
        flaw=_window_flaw,
        timed=True,
    ),
    # Asked of every version that was made of something recalled, whatever the policy says: see approvals.recalled.
    "no_recalled_inputs": GateSpec({}, name=lambda config: "no recalled inputs", timed=True),
    "human_checklist": GateSpec({"items": Kind.TEXTS}, required=("items",), name=lambda config: "checklist"),
}
