"""What was in which stage at any moment."""

import pytest

from audit.exceptions import NotFound
from audit.models import AuditEvent
from registry.models import StageInterval
from registry.operations import create_model_version, set_alias, transition_stage
from registry.queries import live_history, stage_at, stage_history, stays_at, version_of_alias_at
from registry.rules import Stage

DAY = 86_400_000
FIRST_OF_MARCH = 1_898_553_600_000


@pytest.fixture
def march(contributor, model, time_machine_at):
    """Version 1 to Production on the 2nd of March 2030, version 2 on the 4th, version 1 again on the 6th."""

    def on(day, function, *arguments):
        with time_machine_at(f"2030-03-{day:02}T00:00:00+00:00"):
            return function(contributor, *arguments)

    first = on(1, create_model_version, model, "s3://bucket/1")
    second = on(1, create_model_version, model, "s3://bucket/2")
    on(2, transition_stage, first, Stage.PRODUCTION)
    on(3, set_alias, first, "champion")
    on(4, transition_stage, second, Stage.PRODUCTION)
    on(5, set_alias, second, "champion")
    on(6, transition_stage, first, Stage.PRODUCTION)
    return first, second


def _noon(day: int) -> int:
    return FIRST_OF_MARCH + (day - 1) * DAY + DAY // 2


@pytest.mark.parametrize(("day", "number"), [(1, None), (2, 1), (3, 1), (4, 2), (5, 2), (6, 1), (30, 1)])
def test_what_was_in_production_on_a_day(viewer, model, march, day, number):
    stays = stays_at(viewer, model, Stage.PRODUCTION, _noon(day))

    assert [stay.number for stay in stays] == ([number] if number else [])


def test_at_the_moment_of_a_change_the_new_one_holds(viewer, model, march):
    for moment, number in [(FIRST_OF_MARCH + 3 * DAY - 1, 1), (FIRST_OF_MARCH + 3 * DAY, 2)]:
        assert [stay.number for stay in stays_at(viewer, model, Stage.PRODUCTION, moment)] == [number]


@pytest.mark.parametrize(
    ("day", "stage"), [(0, None), (1, "None"), (2, "Production"), (4, "Archived"), (7, "Production")]
)
def test_the_stage_a_version_was_in_on_a_day(viewer, march, day, stage):
    assert stage_at(viewer, march[0], _noon(day)) == stage


@pytest.mark.parametrize(("day", "number"), [(2, None), (3, 1), (5, 2)])
def test_what_an_alias_stood_for_on_a_day(viewer, model, march, day, number):
    assert version_of_alias_at(viewer, model, "Champion", _noon(day)) == number


@pytest.mark.parametrize(("day", "number"), [(1, None), (3, 1), (5, 2), (6, 1)])
def test_what_the_mirror_alias_stood_for_on_a_day(viewer, model, march, day, number):
    assert version_of_alias_at(viewer, model, "production", _noon(day)) == number


def test_a_version_tells_its_stays_with_who_and_by_which_event(viewer, contributor, march):
    stays = stage_history(viewer, march[0])

    assert [stay.stage for stay in stays] == ["None", "Production", "Archived", "Production"]
    assert [stay.until for stay in stays[:-1]] == [stay.since for stay in stays[1:]]
    assert stays[-1].until is None
    assert {stay.actor for stay in stays} == {"contributor"}
    events = AuditEvent.objects.in_bulk([stay.event_uid for stay in stays], field_name="uid")
    actions = {event.action for event in events.values()}
    assert actions == {"model_version.created", "model_version.transitioned"}


def test_a_model_tells_the_stays_of_its_live_versions(viewer, model, march):
    assert [(stay.number, stay.stage) for stay in live_history(viewer, model)] == [
        (1, "Production"),
        (2, "Production"),
        (1, "Production"),
    ]


def test_a_clock_that_jumps_back_makes_no_stay_end_before_it_began(contributor, model, march, time_machine_at):
    with time_machine_at("2029-01-01T00:00:00+00:00"):
        transition_stage(contributor, march[1], Stage.PRODUCTION)

    last = StageInterval.objects.filter(stage=Stage.PRODUCTION).latest("pk")
    assert last.since == FIRST_OF_MARCH + 5 * DAY + 1
    assert [stay.number for stay in stays_at(contributor, model, Stage.PRODUCTION, _noon(6))] == [2]


def test_to_an_outsider_there_is_no_history(outsider, model, march):
    for read, arguments in [
        (stays_at, (model, Stage.PRODUCTION, 0)),
        (live_history, (model,)),
        (stage_at, (march[0], 0)),
        (stage_history, (march[0],)),
        (version_of_alias_at, (model, "champion", 0)),
    ]:
        with pytest.raises(NotFound):
            read(outsider, *arguments)
