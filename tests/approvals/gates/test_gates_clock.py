"""The gates that depend on the time: the change window, and the stay in Staging."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from approvals.exceptions import GatesBlock
from approvals.operations import open_request
from approvals.queries import newest_revision
from approvals.steps import check_may_enter
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, vote

WINDOW = {"days": ["Mon", "Tue", "Wed", "Thu"], "from": "07:00", "to": "16:00"}
TIMES = {
    "2026-11-19T07:00:00": "pass",  # a Thursday
    "2026-11-19T15:59:59": "pass",
    "2026-11-19T16:00:00": "fail",
    "2026-11-19T06:59:59": "fail",
    "2026-11-20T12:00:00": "fail",  # a Friday
    "2026-11-22T23:59:59": "fail",
    "2026-11-23T07:00:00": "pass",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("time", TIMES)
def test_the_change_window(time, version, judge):
    result = judge(version, "change_window", now=at(time), **WINDOW)

    assert result.outcome == TIMES[time]
    assert result.expected == "Mon, Tue, Wed, Thu 07:00 to 16:00 UTC"


def test_the_change_window_is_in_utc_wherever_the_clock_hangs(version, judge):
    now = at("2026-11-19T15:30:00").astimezone(timezone(timedelta(hours=9)))

    result = judge(version, "change_window", now=now, **WINDOW)

    assert (result.outcome, result.observed) == ("pass", "Thu 15:30 UTC")


NEXT = {
    "2026-11-19T06:00:00": "Thursday, 19 November at 07:00 UTC",
    "2026-11-19T16:00:00": "Monday, 23 November at 07:00 UTC",
    "2026-11-21T12:00:00": "Monday, 23 November at 07:00 UTC",
}


@pytest.mark.parametrize("time", NEXT)
def test_outside_the_window_the_next_one_is_told(time, version, judge):
    result = judge(version, "change_window", now=at(time), **WINDOW)

    assert result.sentence == f"Changes are not made now: the next time is {NEXT[time]}."


def test_a_window_on_one_day_a_week_opens_again_next_week(version, judge):
    window = WINDOW | {"days": ["Thu"]}

    result = judge(version, "change_window", now=at("2026-11-19T16:00:00"), **window)

    assert "Thursday, 26 November" in result.sentence


# --- The stay in Staging ----------------------------------------------------------------------------------------------

STAYS = {0: "fail", 47.99: "fail", 48: "pass", 500: "pass"}


@pytest.mark.parametrize("hours", STAYS)
def test_the_stay_in_staging(hours, version, promote, judge):
    version = promote(version, Stage.STAGING)
    since = datetime.fromtimestamp(version.stage_since / 1000, UTC)

    result = judge(version, "staging_soak", now=since + timedelta(hours=hours), hours=48)

    assert result.outcome == STAYS[hours]
    assert (result.observed, result.expected) == (f"{int(hours)} h in Staging", "at least 48 h in Staging")
    if result.outcome == "fail":
        assert f"long enough from {since + timedelta(hours=48):%Y-%m-%d %H:%M} UTC on" in result.sentence


def test_a_clock_that_went_back_gives_no_stay(version, promote, judge):
    version = promote(version, Stage.STAGING)

    result = judge(version, "staging_soak", now=at("2001-01-01T00:00:00"), hours=1)

    assert (result.outcome, result.observed) == ("fail", "0 h in Staging")


@pytest.mark.parametrize("stage", [Stage.NONE, Stage.ARCHIVED])
def test_elsewhere_than_in_staging_it_fails(stage, version, promote, maintainer, judge):
    from registry.operations import transition_stage

    if stage != Stage.NONE:
        transition_stage(maintainer, promote(version, Stage.STAGING), stage)

    result = judge(version, "staging_soak", hours=48)

    assert result.outcome == "fail"
    assert result.sentence == f"It is in stage {stage}, and needs 48 h in Staging first."


# --- While people still decide ----------------------------------------------------------------------------------------


@pytest.fixture
def waiting(set_policy, contributor, maintainer, version, promote, time_machine_at):
    """A request on a Friday evening, for a version that has just come to Staging."""
    promote(version, Stage.STAGING)
    gates = [{"type": "staging_soak", "hours": 1}, {"type": "change_window", **WINDOW}]
    set_policy(gates=json.dumps(gates), execute="on_call")
    age_roles()
    version.refresh_from_db()
    request = open_request(contributor, version, Stage.PRODUCTION)
    with time_machine_at("2026-11-20T20:00:00+00:00"):
        return checked(request)


def test_what_time_will_bring_only_warns_before_the_step(waiting):
    gates = {gate.type: gate for gate in newest_revision(waiting).gates.all()}

    assert gates["change_window"].outcome == "warn"
    assert gates["change_window"].sentence.endswith("The step waits for it.")


def test_at_the_step_the_clock_counts(waiting, approver, contributor, time_machine_at):
    vote(approver, waiting)

    with time_machine_at("2026-11-20T20:00:00+00:00"), pytest.raises(GatesBlock, match="Changes are not made now"):
        check_may_enter(contributor, waiting.version, Stage.PRODUCTION)
