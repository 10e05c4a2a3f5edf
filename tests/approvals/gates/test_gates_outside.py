"""The gates about what outside systems have found: checks and scans, as CI posts them."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from accounts.operations import create_service_account, grant_role
from accounts.principals import Principal
from accounts.roles import Role
from approvals.operations import post_check_result
from artifacts.models import ArtifactFile
from audit import guard, triggers

GATES = {"external_check": "check", "scan_result": "scan"}
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def ci(admin, project) -> Principal:
    """A CI job with an account of its own."""
    account = create_service_account(admin, "ci", project)
    grant_role(admin, account, Role.CONTRIBUTOR, project)
    return Principal(User.objects.get(pk=account.pk), auth="token")


@pytest.fixture
def post(ci, time_machine_at):
    """Posts a result some days ago."""

    def post(version, kind, *, days_ago=0.0, passed=True, name="nightly", **given):
        with time_machine_at((NOW - timedelta(days=days_ago)).isoformat()):
            return post_check_result(ci, version, name, kind=kind, passed=passed, **given)

    return post


@pytest.fixture(params=GATES)
def ask(request, judge):
    """Asks one of the two gates about a result called “nightly”; its ``kind`` is what is posted for it."""

    def ask(version, **more):
        return judge(version, request.param, now=NOW, **{GATES[request.param]: "nightly"}, **more)

    ask.kind = GATES[request.param]
    return ask


def test_a_good_result_passes(make_version, post, ask):
    version = make_version()
    post(version, ask.kind, days_ago=1, summary="1,204 cases, none worse.", url="https://ci.example.org/7")

    result = ask(version, max_age_days=7)

    assert result.outcome == "pass"
    assert result.sentence.endswith(
        "“nightly” passed, posted by ci: 1,204 cases, none worse. See https://ci.example.org/7"
    )
    assert result.observed == "passed on 2026-11-19 12:00 UTC"
    assert result.expected.endswith("“nightly” passed within 7 days")
    assert result.inputs["posted_by"]
    assert result.inputs["content_digest"]


def test_a_bad_result_fails(make_version, post, ask):
    version = make_version()
    post(version, ask.kind, passed=False, summary="3 criticals")

    result = ask(version)

    assert result.outcome == "fail"
    assert result.sentence.endswith("failed, posted by ci: 3 criticals. Mend it, and let it run again.")


@pytest.mark.parametrize(("first", "second", "outcome"), [(True, False, "fail"), (False, True, "pass")])
def test_the_newest_result_counts(first, second, outcome, make_version, post, ask):
    version = make_version()
    post(version, ask.kind, days_ago=2, passed=first)
    post(version, ask.kind, days_ago=1, passed=second)

    assert ask(version).outcome == outcome


def test_no_result_fails(make_version, ask):
    result = ask(make_version())

    assert (result.outcome, result.observed) == ("fail", "no result")
    assert "Nobody has posted the" in result.sentence


def test_results_of_another_name_kind_or_version_do_not_count(make_version, post, ask):
    version, other = make_version(), make_version()
    post(version, ask.kind, name="weekly")
    post(version, "scan" if ask.kind == "check" else "check")
    post(other, ask.kind)

    assert "Nobody has posted" in ask(version).sentence


def test_a_result_about_other_files_fails(make_run, make_version, upload, post, ask):
    run = make_run()
    version = make_version(run=run)
    post(version, ask.kind)
    upload(run, {"model.pkl": b"other weights"}, "model/")

    result = ask(version)

    assert result.outcome == "fail"
    assert "is about other files than these: let it run again." in result.sentence


AGES = {6.9: "pass", 7: "pass", 7.1: "fail"}


@pytest.mark.parametrize("days", AGES)
def test_a_result_grows_old(days, make_version, post, ask):
    version = make_version()
    post(version, ask.kind, days_ago=days)

    result = ask(version, max_age_days=7)

    assert result.outcome == AGES[days]
    assert ("is older than 7 days: let it run again." in result.sentence) == (AGES[days] == "fail")


def test_without_a_limit_a_result_never_grows_old(make_version, post, ask):
    version = make_version()
    post(version, ask.kind, days_ago=5000)

    assert ask(version).outcome == "pass"


def test_a_result_from_the_future_is_an_error(make_version, post, ask):
    version = make_version()
    post(version, ask.kind, days_ago=-1)

    assert ask(version, max_age_days=7).outcome == "error"


def test_files_that_nobody_has_read_yet_are_an_error(make_version, post, ask):
    version = make_version()
    post(version, ask.kind)
    with guard.lifted(), triggers.disabled():
        ArtifactFile.objects.filter(name="model.pkl").update(sha256="")

    result = ask(version)

    assert result.outcome == "error"
    assert "wait until they are read" in result.sentence


def test_files_in_an_outside_store_are_taken_at_the_systems_word(version, post, ask):
    post(version, ask.kind)

    assert ask(version).outcome == "pass"
