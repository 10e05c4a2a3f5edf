"""``MLmodel``: what MLflow writes beside a model's files, as facts that people can read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from artifacts.previews.shapes import CannotShow, cut
from artifacts.previews.texts import decode

_MOST_FIELDS: Final = 200
_MOST_FACTS: Final = 40
_LONGEST: Final = 400
_SIGNATURE_PARTS: Final = ("inputs", "outputs", "params")


class _Loader(yaml.BaseLoader):
    """Makes nothing but texts, lists and mappings.

    It refuses aliases, by which a short text can stand for gigabytes.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias; read anything else."""
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("Aliases are not read.")
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class SignatureField:
    """A column, tensor or param of a signature."""

    name: str
    type: str
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Flavor:
    """A way to load the model, with what it needs."""

    name: str
    facts: list[tuple[str, str]]


@dataclass(slots=True)
class MLmodel:
    """What the file says. ``requirements`` comes from the file beside it."""

    facts: list[tuple[str, str]]
    flavors: list[Flavor]
    #: (inputs, outputs or params; its fields; how many more there are).
    signature: list[tuple[str, list[SignatureField], int]]
    requirements: list[str] = field(default_factory=list)


def read_mlmodel(name: str, data: bytes, whole: bool) -> MLmodel:
    """The facts of an ``MLmodel`` file. Raises CannotShow for what is none."""
    try:
        document = yaml.load(decode(data), Loader=_Loader)  # noqa: S506  # safer than the safe one
    except (yaml.YAMLError, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise CannotShow("This cannot be read as the description of a model, so it is shown as text.")
    flavors = document.get("flavors")
    return MLmodel(
        facts=list(_facts(document)),
        flavors=[
            Flavor(cut(str(name), _LONGEST), list(_facts(facts)) if isinstance(facts, dict) else [])
            for name, facts in list(flavors.items() if isinstance(flavors, dict) else ())[:_MOST_FACTS]
        ],
        signature=list(_signature(document.get("signature"))),
    )


def read_requirements(data: bytes) -> list[str]:
    """The packages that a ``requirements.txt`` names."""
    try:
        lines = decode(data, whole=False).splitlines()
    except CannotShow:
        return []
    named = [cut(line.strip(), _LONGEST) for line in lines if line.strip() and not line.startswith("#")]
    return named[:_MOST_FIELDS]


def _facts(values: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    """What can be said in one line; the rest stands in the file."""
    for key, value in list(values.items())[:_MOST_FACTS]:
        if key not in ("flavors", "signature") and value not in ("", "null", {}, []):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield cut(str(key), _LONGEST), cut(text, _LONGEST)


def _signature(signature: Any) -> Iterator[tuple[str, list[SignatureField], int]]:
    for part in _SIGNATURE_PARTS if isinstance(signature, dict) else ():
        fields = _parsed(signature.get(part))
        if fields:
            shown = [_field(item) for item in fields[:_MOST_FIELDS] if isinstance(item, dict)]
            yield part, shown, max(0, len(fields) - _MOST_FIELDS)


def _parsed(value: Any) -> list[Any]:
    """MLflow writes the fields as JSON within YAML."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return value if isinstance(value, list) else []


def _field(item: dict[str, Any]) -> SignatureField:
    tensor = item.get("tensor-spec")
    kind = item.get("type", item.get("dtype", ""))
    if isinstance(tensor, dict):
        kind = f"{tensor.get('dtype', '')} {tensor.get('shape', '')}"
    name = cut(str(item.get("name", "")), _LONGEST) or "—"
    return SignatureField(name, cut(str(kind), _LONGEST), item.get("required") is False)
