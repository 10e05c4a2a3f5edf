"""Gates as pages show them: what each says to this reader, and where it can be put right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.principals import Principal
from accounts.roles import Action
from approvals.masking import HIDDEN, Mask
from approvals.models import ChecklistAnswer, GateOutcome, GateResult
from registry.models import ModelVersion

_BLOCKING = (GateOutcome.FAIL, GateOutcome.ERROR)
_SAID = ("name", "type", "hard", "outcome", "sentence", "observed", "expected")


@dataclass(frozen=True)
class Remedy:
    """The page on which a gate that does not pass can be put right."""

    label: str
    url: str


@dataclass(frozen=True)
class ChecklistLine:
    """One line of a checklist, and who ticked it."""

    text: str
    answer: ChecklistAnswer | None


@dataclass(frozen=True)
class GateView:
    """What one gate says to a reader."""

    name: str
    type: str
    hard: bool
    outcome: str
    sentence: str = ""
    observed: str = ""
    expected: str = ""
    lines: Sequence[ChecklistLine] = ()
    remedy: Remedy | None = None

    @property
    def blocks(self) -> bool:
        """Whether the step cannot be taken with it."""
        return self.outcome in _BLOCKING

    @property
    def waits(self) -> bool:
        """Whether it was not evaluated yet."""
        return self.outcome == GateOutcome.WAITING

    @property
    def can_be_waived(self) -> bool:
        """Whether an approver could let it pass."""
        return self.blocks and not self.hard


class Gatherer:
    """Makes views of the gates of one version for one reader."""

    def __init__(self, reader: Principal, version: ModelVersion, incumbent: ModelVersion | None) -> None:
        self._reader, self._version = reader, version
        self._mask = Mask(reader, version, incumbent)

    def of_result(self, result: GateResult, lines: Sequence[ChecklistLine] = ()) -> GateView:
        """A gate of a request."""
        said = {key: getattr(result, key) for key in _SAID}
        return self._view(said, lines)

    def of_trial(self, result: Mapping[str, Any]) -> GateView:
        """A gate that was only tried."""
        return self._view({key: result.get(key, "") for key in _SAID})

    def _view(self, said: dict[str, Any], lines: Sequence[ChecklistLine] = ()) -> GateView:
        if said["sentence"] and self._mask.hides(said["type"]):
            said |= {"sentence": HIDDEN, "observed": ""}
        blocks = said["outcome"] in _BLOCKING
        return GateView(**said, lines=lines, remedy=self._remedy(said["type"]) if blocks else None)

    def _remedy(self, gate_type: str) -> Remedy | None:
        version, here = self._version, [self._version.model.project.slug, self._version.model.name]
        numbered = [*here, version.number]
        if gate_type == "required_tags" and self._reader.may(Action.WRITE, version):
            return Remedy("Set tags", reverse("registry:version-tags", args=numbered))
        if gate_type == "card_complete" and self._reader.may(Action.WRITE, version):
            return Remedy("Write the card", reverse("registry:version-card", args=numbered))
        if gate_type in ("integrity", "signature_verified") and version.space_uid:
            return Remedy("See its files", reverse("registry:version-files", args=numbered))
        if gate_type in ("metric_threshold", "metric_vs_incumbent", "provenance_complete"):
            return self._maker()
        return None

    def _maker(self) -> Remedy | None:
        run, logged = self._version.run, self._version.logged_model
        if run is not None and self._reader.may(Action.VIEW, run):
            return Remedy("Open its run", reverse("tracking:run", args=[run.uid]))
        if logged is not None and self._reader.may(Action.VIEW, logged):
            return Remedy("Open its logged model", reverse("tracking:logged-model", args=[logged.uid]))
        return None
