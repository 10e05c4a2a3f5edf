"""Several people at once: one Production version at every moment, and every number once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import connections

from accounts.models import User
from accounts.principals import Principal
from audit.exceptions import Refusal
from audit.models import AuditEvent
from registry.exceptions import CardHasMovedOn
from registry.models import AliasInterval, CardRevision, ModelVersion, StageInterval
from registry.operations import (
    create_model_version,
    delete_model_version,
    revise_model_card,
    revise_version_card,
    set_alias,
    set_version_tag,
    transition_stage,
)
from registry.rules import Stage

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 8


@pytest.fixture
def at_once():
    """Runs a function for each argument, all at the same time and each as a fresh principal; returns the outcomes."""

    def run(actor: Principal, function, arguments):
        start = threading.Barrier(len(arguments))

        def one(argument):
            try:
                anew = Principal(User.objects.get(pk=actor.user.pk), auth="session")
                start.wait(20)
                return function(anew, argument)
            except Refusal as refusal:
                return refusal
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(arguments)) as pool:
            return list(pool.map(one, arguments))

    return run


@pytest.fixture
def watcher():
    """Reads again and again, in a thread of its own, how many versions are in Production; tells at the end."""
    stop, counts = threading.Event(), []

    def watch():
        try:
            while not stop.is_set():
                in_stage = ModelVersion.objects.filter(stage=Stage.PRODUCTION).count()
                open_stays = StageInterval.objects.filter(stage=Stage.PRODUCTION, until=None).count()
                open_aliases = AliasInterval.objects.filter(key="production", until=None).count()
                counts.append((in_stage, open_stays, open_aliases))
        finally:
            connections.close_all()

    thread = threading.Thread(target=watch)

    def finish():
        stop.set()
        thread.join(20)
        return counts

    thread.start()
    yield finish
    finish()


def _in_production() -> list[int]:
    return list(ModelVersion.objects.filter(stage=Stage.PRODUCTION).values_list("pk", flat=True))


def test_of_eight_promotions_at_once_one_version_is_in_production_and_seven_were(contributor, register, at_once):
    versions = [register() for _ in range(CROWD)]

    outcomes = at_once(
        contributor,
        lambda actor, each: transition_stage(actor, each, Stage.PRODUCTION, archive_existing=True),
        versions,
    )

    assert not [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    (winner,) = _in_production()
    assert ModelVersion.objects.filter(stage=Stage.ARCHIVED).count() == CROWD - 1
    stays = StageInterval.objects.filter(stage=Stage.PRODUCTION).order_by("since", "pk")
    assert [stay.until is None for stay in stays].count(True) == 1
    assert stays.get(until=None).version_id == winner
    assert AliasInterval.objects.open().get(key="production").version_id == winner


def test_a_reader_never_sees_two_versions_in_production_or_none(contributor, register, at_once, watcher):
    register(Stage.PRODUCTION)
    for _ in range(3):
        versions = [register() for _ in range(2)]
        at_once(contributor, lambda actor, each: transition_stage(actor, each, Stage.PRODUCTION), versions)

    seen = watcher()

    assert len(seen) > 10
    after_first = seen[next(index for index, counts in enumerate(seen) if counts == (1, 1, 1)) :]
    assert set(after_first) == {(1, 1, 1)}


def test_the_stays_in_production_follow_each_other_without_gap_or_overlap(contributor, register, at_once):
    versions = [register() for _ in range(CROWD)]

    at_once(contributor, lambda actor, each: transition_stage(actor, each, Stage.PRODUCTION), versions)

    stays = list(StageInterval.objects.filter(stage=Stage.PRODUCTION).order_by("pk"))
    for before, after in pairwise(stays):
        assert before.until == after.since


def test_versions_registered_at_once_get_different_numbers(contributor, model, at_once):
    versions = at_once(
        contributor, lambda actor, source: create_model_version(actor, model, source), ["s3://bucket/x"] * CROWD
    )

    assert sorted(version.number for version in versions) == list(range(1, CROWD + 1))


def test_a_version_is_promoted_or_deleted_but_never_both(contributor, register, at_once):
    for _ in range(4):
        version = register()

        def act(actor, verb, version=version):
            if verb == "promote":
                return transition_stage(actor, version, Stage.STAGING)
            return delete_model_version(actor, version)

        outcomes = at_once(contributor, act, ["promote", "delete"])

        version.refresh_from_db()
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
        assert len(refused) == 1
        assert (version.stage, version.lifecycle) in [(Stage.STAGING, "active"), (Stage.NONE, "trashed")]


def test_an_alias_set_by_many_at_once_stands_for_one_version(contributor, register, at_once):
    versions = [register() for _ in range(CROWD)]

    outcomes = at_once(contributor, lambda actor, each: set_alias(actor, each, "champion"), versions)

    assert outcomes == [None] * CROWD
    assert AliasInterval.objects.open().count() == 1
    assert AliasInterval.objects.count() == CROWD


def test_every_change_made_at_once_has_its_own_event(contributor, version, at_once):
    at_once(
        contributor, lambda actor, key: set_version_tag(actor, version, key, "1"), [f"key{n}" for n in range(CROWD)]
    )

    version.refresh_from_db()
    events = AuditEvent.objects.filter(object_type="model_version", object_id=str(version.pk), outcome="ok")
    assert version.audit_seq == events.count() == CROWD + 1


def test_of_several_edits_of_one_revision_of_a_card_one_is_saved(at_once, contributor, model, register):
    version = register()
    edits = [f"edit {number}" for number in range(CROWD)]

    for owner, save, key in [
        (model, revise_model_card, "contact"),
        (version, revise_version_card, "limitations"),
    ]:
        outcomes = at_once(contributor, lambda actor, text: save(actor, owner, {key: text}, based_on=0), edits)  # noqa: B023
        saved = [outcome for outcome in outcomes if not isinstance(outcome, Refusal)]
        assert len(saved) == 1
        assert CardRevision.objects.of(owner).get() == saved[0]
        assert all(isinstance(outcome, CardHasMovedOn) for outcome in outcomes if outcome is not saved[0])
