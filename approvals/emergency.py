"""What is looked at before the glass is broken: files are read while no row is held, and later only compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.utils import timezone

from approvals.gate_types import GATE_TYPES
from approvals.gates import evaluate_in
from approvals.gates.base import Context, Result
from approvals.gates.files import fingerprint
from approvals.policy import Gate
from approvals.rules import BREAK_GLASS_REASON
from approvals.standing import Standing, standing_of
from audit.exceptions import Conflict, InvalidInput
from registry.models import ModelVersion
from registry.rules import Stage

_INCIDENT_LENGTH: Final = 200


@dataclass(frozen=True)
class Findings:
    """What the gates that read files said, by name, about which files and by which policy."""

    policy: str = ""
    files: str = ""
    results: Mapping[str, Result] = field(default_factory=dict)

    def check_still_true(self, version: ModelVersion, standing: Standing) -> None:
        """Raises Conflict when the files or the policy are others than those that were looked at."""
        if self.results and (self.policy, self.files) != (standing.digest, fingerprint(version)):
            raise Conflict(f"The files of {version} or the policy changed while the files were read: try again.")


NO_FINDINGS: Final = Findings()


def look(version: ModelVersion, to_stage: Stage) -> Findings:
    """Let the gates that read files and count in an emergency speak; holds no row, however long it takes."""
    standing, files = standing_of(version.model), fingerprint(version)
    results = {}
    for gate in standing.requirement(to_stage).gates:
        if counts_in_emergency(gate) and GATE_TYPES[gate.type].slow:
            context = Context(version, None, timezone.now(), to_stage=str(to_stage), gate=gate.name, thorough=True)
            results[gate.name] = evaluate_in(context, gate)
    return Findings(standing.digest, files, results)


def counts_in_emergency(gate: Gate) -> bool:
    """Whether a gate blocks even when the glass is broken."""
    return gate.hard or gate.type == "integrity"


def check_words(reason: str, incident: str) -> None:
    """Raises InvalidInput unless it is said what the emergency is and where it is handled."""
    if len(reason.strip()) < BREAK_GLASS_REASON:
        raise InvalidInput(f"Say in at least {BREAK_GLASS_REASON} characters what the emergency is.")
    if not incident.strip() or len(incident) > _INCIDENT_LENGTH:
        raise InvalidInput("Name the incident, such as its number or address.")
