"""Who was in which team when is kept, and is told from the log for the time before it was."""

from importlib import import_module

import pytest
from django.apps import apps

from accounts.models import TeamStay
from accounts.operations import add_member, create_team, delete_team, remove_member
from audit.guard import lifted

migration = import_module("accounts.migrations.0003_past_team_stays")


@pytest.fixture
def crew(admin, project, time_machine_at):
    with time_machine_at("2026-01-01T00:00:00+00:00"):
        return create_team(admin, "crew", project)


def stays():
    return [
        (stay.user.username, stay.team.pk, stay.since.day, stay.until.day if stay.until else None)
        for stay in TeamStay.objects.order_by("since", "user__username")
    ]


def test_a_membership_that_ends_leaves_a_stay(admin, viewer, contributor, crew, time_machine_at):
    with time_machine_at("2026-01-02T00:00:00+00:00"):
        add_member(admin, crew, viewer.user)
    with time_machine_at("2026-01-03T00:00:00+00:00"):
        remove_member(admin, crew, viewer.user)
        add_member(admin, crew, contributor.user)
    with time_machine_at("2026-01-04T00:00:00+00:00"):
        add_member(admin, crew, viewer.user)

    expected = [("viewer", crew.pk, 2, 3), ("contributor", crew.pk, 3, None), ("viewer", crew.pk, 4, None)]
    assert stays() == expected


def test_dissolving_a_team_ends_every_stay(admin, viewer, crew, time_machine_at):
    with time_machine_at("2026-01-02T00:00:00+00:00"):
        add_member(admin, crew, viewer.user)
    with time_machine_at("2026-01-05T00:00:00+00:00"):
        delete_team(admin, crew)

    assert stays() == [("viewer", crew.pk, 2, 5)]


def test_stays_from_before_they_were_kept_are_told_from_the_log(admin, viewer, contributor, crew, time_machine_at):
    with time_machine_at("2026-01-02T00:00:00+00:00"):
        add_member(admin, crew, viewer.user)
    with time_machine_at("2026-01-03T00:00:00+00:00"):
        remove_member(admin, crew, viewer.user)
        add_member(admin, crew, contributor.user)
    with time_machine_at("2026-01-04T00:00:00+00:00"):
        add_member(admin, crew, viewer.user)
    with time_machine_at("2026-01-06T00:00:00+00:00"):
        delete_team(admin, crew)
    kept = stays()

    with lifted():
        TeamStay.objects.all().delete()
        migration.tell_stays(apps, None)

    assert stays() == kept
