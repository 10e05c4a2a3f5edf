"""What gates tell a reader who may not see the runs that they looked at: the outcome, and no more."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from accounts.principals import Principal
from accounts.roles import Action
from approvals.models import GateResult
from registry.models import ModelVersion

#: Types of gates whose sentences quote what the run of the version says.
ABOUT_RUNS: Final = frozenset({"metric_threshold", "metric_vs_incumbent", "provenance_complete"})
#: Those of them that quote the incumbent's run too.
_ABOUT_INCUMBENTS: Final = frozenset({"metric_vs_incumbent"})

HIDDEN: Final = "It is about a run that you may not see."


class Mask:
    """For one reader and one step: which gates have to keep their words to themselves. Runs are loaded with versions;
    no query, but one when the reader holds roles on single experiments.
    """

    def __init__(self, reader: Principal, version: ModelVersion, incumbent: ModelVersion | None) -> None:
        self._sees_version = _sees_maker(reader, version)
        self._sees_incumbent = incumbent is None or _sees_maker(reader, incumbent)

    def hides(self, gate_type: str) -> bool:
        """Whether a gate of this type quotes what the reader may not see."""
        if gate_type not in ABOUT_RUNS:
            return False
        return not self._sees_version or (gate_type in _ABOUT_INCUMBENTS and not self._sees_incumbent)

    def told(self, gates: Iterable[GateResult]) -> list[dict[str, str]]:
        """What gates say to the reader, for a refusal."""
        return [
            {"name": gate.name, "type": gate.type, "sentence": HIDDEN if self.hides(gate.type) else gate.sentence}
            for gate in gates
        ]

    def subject(self, subject: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """A subject as the reader may see it; its digest is that of the whole one."""
        if subject is None or not any(self.hides(gate["type"]) for gate in subject["gates"]):
            return subject
        gates = [{**gate, "observed": HIDDEN} if self.hides(gate["type"]) else gate for gate in subject["gates"]]
        return {**subject, "gates": gates}


def for_everybody(gates: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """The same for a sentence that all may read who see the model."""
    return [{**gate, "sentence": HIDDEN} if gate.get("type") in ABOUT_RUNS else dict(gate) for gate in gates]


def _sees_maker(reader: Principal, version: ModelVersion) -> bool:
    makers = (version.run, version.logged_model)
    return all(reader.may(Action.VIEW, maker) for maker in makers if maker is not None)
