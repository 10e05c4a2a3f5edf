"""“What ran at T” is what a naive replay of the reports says, and costs the same however much there is."""

import itertools
import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments.models import Deployment, DeploymentInterval
from deployments.operations import create_environment, report_state, request_deployment, roll_back
from deployments.queries import Asked, board, deployments_page, lanes, show_deployment, views_of, whole_deployments
from registry.models import now
from registry.rules import Stage
from tests.deployments.steps import fresh, run


@pytest.fixture
def history(deployer, maintainer, project, register, environment):
    """Many changes at a few targets; returns the moments after each, with what a notebook says runs then."""
    chance = random.Random(7)
    versions = [register(Stage.STAGING) for _ in range(3)]
    places = [environment] + [
        create_environment(maintainer, project, name, kind="staging", required_stage="Staging")
        for name in ("qa", "lab")
    ]
    places = places[1:]
    notebook, moments = {}, []
    for _ in range(40):
        place, target = chance.choice(places), chance.choice(["a", "b"])
        running = notebook.get((place.name, target))
        step = chance.random()
        if running and step < 0.2:
            report_state(deployer, fresh(running), chance.choice(["stopped", "failed"]))
            del notebook[place.name, target]
        elif running and running.previous_id and step < 0.35:
            before = fresh(running)
            ran = DeploymentInterval.objects.filter(environment=place, target=target, state="active")
            if ran.exclude(deployment__version=before.version_id).filter(deployment__lt=before.pk).exists():
                notebook[place.name, target] = run(deployer, roll_back(deployer, before, reason="Wrong."))
        else:
            asked = request_deployment(deployer, chance.choice(versions), place, target=target)
            notebook[place.name, target] = asked if asked.state == "active" else run(deployer, asked)
        latest = DeploymentInterval.objects.latest("since").since
        moments.append((latest, {where: each.pk for where, each in notebook.items()}))
    return moments


def ran_at(principal, moment):
    page = deployments_page(principal, Asked(at=moment), size=200)
    return {(view.environment.name, view.row.target): view.pk for view in page.rows}


def test_what_ran_then_is_what_a_replay_says(history, viewer):
    following = [moment for moment, _ in history[1:]] + [now() + 1000]
    for (moment, expected), until in zip(history, following, strict=True):
        if moment < until:
            assert ran_at(viewer, moment) == expected
            assert ran_at(viewer, until - 1) == expected
            on_board = {
                (row.environment.name, view.row.target): view.pk
                for row in board(viewer, at=moment)
                for view in row.running
            }
            assert on_board == expected


def test_lanes_are_the_same_history(history, viewer):
    drawn = lanes(viewer, Asked(), 0, now() + 1000)

    for (moment, expected), (until, _) in itertools.pairwise(history):
        if moment < until:
            then = {
                (lane.environment.name, lane.target): span.deployment
                for lane in drawn
                for span in lane.spans
                if span.since <= moment and (span.until is None or span.until > moment)
            }
            assert then == expected
    assert {span.ended for lane in drawn for span in lane.spans} >= {"", "superseded"}


def test_no_two_ever_ran_at_one_target_at_once(history):
    for target in ("a", "b"):
        ran = DeploymentInterval.objects.filter(state="active", target=target).order_by("environment", "since")
        for one, other in itertools.pairwise(ran):
            if one.environment_id == other.environment_id:
                assert one.until is not None
                assert one.until <= other.since


def test_every_row_agrees_with_its_open_interval(history):
    for deployment in Deployment.objects.all():
        last = deployment.intervals.get(until=None)
        assert (last.state, last.since) == (deployment.state, deployment.updated_at)


def test_a_deployment_is_shown_as_it_was(viewer, deployer, running):
    begun = running.intervals.get(state="deploying")
    report_state(deployer, running, "stopped")

    then = show_deployment(viewer, running.pk, begun.since)
    assert (then.state, then.active_since, then.states[-1].until) == ("deploying", None, None)
    assert then.permit is not None
    assert show_deployment(viewer, running.pk).state == "stopped"


@pytest.mark.parametrize(
    "read",
    [
        lambda who: deployments_page(who, Asked(project="default")).rows,
        lambda who: deployments_page(who, Asked(at=now())).rows,
        board,
        lambda who: board(who, at=now()),
        lambda who: lanes(who, Asked(), 0, now() + 1),
    ],
    ids=["list", "at", "board", "board-at", "lanes"],
)
def test_reads_cost_the_same_however_much_there_is(read, viewer, deployer, running, environment):
    def count():
        with CaptureQueriesContext(connection) as queries:
            read(viewer)
        return len(queries)

    read(viewer)
    few = count()
    for number in range(8):
        run(deployer, request_deployment(deployer, running.version, environment, target=f"t-{number}"))

    assert count() == few <= 7


def test_pages_follow_each_other(viewer, deployer, running, environment):
    for number in range(4):
        request_deployment(deployer, running.version, environment, target=f"t-{number}")

    seen, token = [], ""
    while True:
        page = deployments_page(viewer, Asked(), token=token, size=2)
        seen += [view.pk for view in page.rows]
        token = page.next_page_token
        if not token:
            break

    assert seen == list(Deployment.objects.order_by("-pk").values_list("pk", flat=True))


def test_nothing_costs_nothing(db):
    assert views_of([]) == []
    assert not whole_deployments().exists()
