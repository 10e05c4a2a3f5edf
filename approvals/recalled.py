"""Promotions of versions that were made of something recalled: one gate for each recall, whatever the policy says.

A gate names the recall by its number only, because the readers of a request may not all see what was recalled.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from django.db.models import Q
from django.utils import timezone

from approvals.models import RequestState, Waiver
from approvals.policy import Gate, Requirement
from lineage import keys
from lineage.queries.recalled import recalls_behind
from registry.models import ModelVersion

GATE_TYPE: Final = "no_recalled_inputs"
_KEY_PARTS: Final = 2


def gate_of(recall: int) -> Gate:
    """The gate that stands for one recall."""
    return Gate(GATE_TYPE, f"recall {recall}", config={"recall": recall})


def key_of(version: ModelVersion) -> str:
    """What lineage calls a version."""
    return keys.model_version(version.model_id, version.number)


def recalls_of(version: ModelVersion) -> list[int]:
    """The open recalls of what the version was made of; one query when nothing is recalled."""
    key = key_of(version)
    return recalls_behind([key]).get(key, [])


def with_recalls(requirement: Requirement, version: ModelVersion) -> Requirement:
    """What is asked of the version in addition, because something it was made of is recalled."""
    added = tuple(gate_of(recall) for recall in recalls_of(version))
    return replace(requirement, gates=requirement.gates + added) if added else requirement


def differs(requirement: Requirement, version: ModelVersion) -> bool:
    """Whether other recalls count now than when the requirement was kept."""
    kept = {gate.config["recall"] for gate in requirement.gates if gate.type == GATE_TYPE and "recall" in gate.config}
    return kept != set(recalls_of(version))


def waived_by_requests(version_keys: Mapping[int, Sequence[str]]) -> set[tuple[int, str]]:
    """Of versions by recall, those whose request has a waiver for that recall which counts; one query."""
    asked = {(gate_of(recall).name, parts): (recall, key) for recall, key, parts in _versions(version_keys)}
    if not asked:
        return set()
    models = {model for _, (model, _) in asked}
    waivers = Waiver.objects.filter(gate__in={gate for gate, _ in asked}, request__version__model__in=models)
    counting = waivers.filter(Q(expires_at__gt=timezone.now()) | Q(request__state=RequestState.EXECUTED))
    rows = counting.values_list("gate", "request__version__model", "request__version__number")
    return {asked[gate, (model, number)] for gate, model, number in rows if (gate, (model, number)) in asked}


def _versions(version_keys: Mapping[int, Sequence[str]]) -> Iterator[tuple[int, str, tuple[int, int]]]:
    for recall, named in version_keys.items():
        for key in named:
            if parts := parts_of(key):
                yield recall, key, parts


def look_again(recall: int) -> None:
    """Let a worker void what was decided without knowing of a recall; the scheduler does it too."""
    from approvals.tasks import refresh_open

    refresh_open.delay()


def parts_of(key: str) -> tuple[int, int] | None:
    """The model and the number behind the key of a version of this server; None for others."""
    registry, _, rest = key.removeprefix("mv:").partition("/")
    parts = rest.split("/")
    if registry != keys.HERE or len(parts) != _KEY_PARTS or not all(part.isdigit() for part in parts):
        return None
    return int(parts[0]), int(parts[1])
