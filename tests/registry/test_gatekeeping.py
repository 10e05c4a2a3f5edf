"""The seam for apps above: they may stop a transition from inside its transaction."""

import pytest

from audit.exceptions import Conflict
from registry import gatekeeping
from registry.models import ModelVersion
from registry.operations import transition_stage
from registry.rules import Stage


@pytest.fixture
def gatekeepers(monkeypatch):
    """No gatekeeper but those of this test."""
    monkeypatch.setattr(gatekeeping, "_gatekeepers", [])
    return gatekeeping.register


def test_a_gatekeeper_stops_a_transition_with_its_own_sentence(contributor, register, gatekeepers):
    def needs_approval(actor, version, to_stage):
        if to_stage == Stage.PRODUCTION:
            raise Conflict(f"{version} needs 1 more approval.", details={"request": 41})

    old = register(Stage.PRODUCTION)
    new = register()
    gatekeepers(needs_approval)

    with pytest.raises(Conflict, match="fraud/2 needs 1 more approval") as refusal:
        transition_stage(contributor, new, Stage.PRODUCTION)

    assert refusal.value.details == {"request": 41}
    assert dict(ModelVersion.objects.values_list("pk", "stage")) == {old.pk: "Production", new.pk: "None"}
    assert transition_stage(contributor, new, Stage.STAGING).stage == Stage.STAGING


def test_a_gatekeeper_is_told_who_wants_to_move_what_where(contributor, register, gatekeepers):
    asked = []
    gatekeepers(lambda actor, version, to_stage: asked.append((actor, version.number, version.stage, to_stage)))

    transition_stage(contributor, register(), Stage.STAGING)

    assert asked == [(contributor, 1, "None", "Staging")]


def test_a_gatekeeper_is_not_asked_when_nothing_changes(contributor, register, gatekeepers):
    version = register(Stage.STAGING)
    asked = []
    gatekeepers(lambda *call: asked.append(call))

    transition_stage(contributor, version, Stage.STAGING)

    assert asked == []


def test_the_same_gatekeeper_is_asked_once_however_often_it_registers(contributor, register, gatekeepers):
    asked = []

    def ask(*call):
        asked.append(call)

    gatekeepers(ask)
    gatekeepers(ask)
    transition_stage(contributor, register(), Stage.STAGING)

    assert len(asked) == 1
