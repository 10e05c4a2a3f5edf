"""Stays in stages and aliases are facts: the database lets them be closed once and never changed."""

import pytest
from django.db import Error, IntegrityError, connection, transaction

from audit import guard
from registry.models import AliasInterval, StageInterval
from registry.operations import revise_model_card, set_alias, transition_stage
from registry.rules import Stage


@pytest.fixture
def fact(contributor, register):
    """One closed row and one open row of each kind of fact."""
    version = register(Stage.STAGING)
    transition_stage(contributor, version, Stage.PRODUCTION)
    set_alias(contributor, version, "champion")
    set_alias(contributor, register(), "champion")


def _rows(kind):
    return kind.objects.filter(until__isnull=False).first(), kind.objects.filter(until=None).first()


def _tries(sql: str, *params: str | int) -> None:
    with guard.lifted(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.mark.parametrize("kind", [StageInterval, AliasInterval])
@pytest.mark.parametrize("column", ["since", "until"])
def test_a_closed_row_never_changes(fact, kind, column):
    closed, _ = _rows(kind)

    with pytest.raises(Error, match="are facts"):
        _tries(f"UPDATE {kind._meta.db_table} SET {column} = {column} + 1 WHERE id = %s", closed.pk)


@pytest.mark.parametrize("kind", [StageInterval, AliasInterval])
def test_a_closed_row_is_never_opened_again(fact, kind):
    closed, _ = _rows(kind)

    with pytest.raises(Error, match="are facts"):
        _tries(f"UPDATE {kind._meta.db_table} SET until = NULL WHERE id = %s", closed.pk)


@pytest.mark.parametrize("kind", [StageInterval, AliasInterval])
def test_an_open_row_can_be_closed_and_nothing_else(fact, kind):
    _, still_open = _rows(kind)

    with pytest.raises(Error, match="are facts"):
        _tries(f"UPDATE {kind._meta.db_table} SET since = 0 WHERE id = %s", still_open.pk)
    with pytest.raises(Error, match="are facts"):
        _tries(f"UPDATE {kind._meta.db_table} SET until = since, actor_id = actor_id + 1 WHERE id = %s", still_open.pk)
    _tries(f"UPDATE {kind._meta.db_table} SET until = since WHERE id = %s", still_open.pk)


@pytest.mark.parametrize("kind", [StageInterval, AliasInterval])
def test_no_row_is_ever_deleted(fact, kind):
    for row in _rows(kind):
        with pytest.raises(Error, match="are facts"):
            _tries(f"DELETE FROM {kind._meta.db_table} WHERE id = %s", row.pk)


def test_the_database_itself_refuses_a_second_production_version(fact, register):
    other = register()

    with pytest.raises(IntegrityError):
        _tries("UPDATE registry_modelversion SET stage = 'Production' WHERE id = %s", other.pk)
    with pytest.raises(IntegrityError):
        _tries(
            "INSERT INTO registry_stageinterval (model_id, version_id, stage, since, actor_id, event_uid) "
            "SELECT model_id, id, 'Production', 0, creator_id, '00000000000000000000000000000000' "
            "FROM registry_modelversion WHERE id = %s",
            other.pk,
        )


def test_the_database_itself_refuses_a_live_version_in_the_trash(fact):
    with pytest.raises(IntegrityError):
        _tries("UPDATE registry_modelversion SET lifecycle = 'trashed' WHERE stage = 'Production'")


def test_every_version_has_exactly_one_open_stay_that_agrees_with_it(fact, register):
    register(Stage.ARCHIVED)

    for stay in StageInterval.objects.filter(until=None).select_related("version"):
        assert (stay.version.stage, stay.version.stage_since) == (stay.stage, stay.since)
    assert StageInterval.objects.filter(until=None).count() == 3


@pytest.mark.parametrize(
    "statement", ["UPDATE registry_cardrevision SET comment = 'x'", "DELETE FROM registry_cardrevision"]
)
def test_a_revision_of_a_card_never_changes(contributor, model, statement):
    revise_model_card(contributor, model, {"contact": "risk@bank"})

    with pytest.raises(Error, match="are facts"):
        _tries(statement)
