"""What agents see: approved, or an alert that stays until somebody resolves it."""

import pytest

from audit.exceptions import PermissionDenied
from audit.models import AuditEvent
from deployments.exceptions import InvalidDeployment, WrongOrder
from deployments.models import Alert, Sighting
from deployments.operations import acknowledge_alert, record_sightings, report_state, request_deployment, resolve_alert
from deployments.operations.sightings import Observation
from deployments.upkeep import look_after_deployments
from registry.operations import quarantine, release
from tests.deployments.conftest import IMAGE, OTHER_IMAGE
from tests.deployments.steps import run

UNKNOWN = "f" * 64


def sight(actor, environment, *observations):
    return record_sightings(actor, environment, observations)


def test_what_was_let_run_is_approved(deployer, running, environment):
    seen = sight(deployer, environment, Observation("fraud", running.content_digest, image_digest=IMAGE))

    assert (seen.approved, seen.alerts) == (1, ())
    assert Sighting.objects.get().deployment == running


def test_what_is_unknown_becomes_one_alert_however_often_it_is_seen(deployer, running, environment):
    for _ in range(3):
        seen = sight(deployer, environment, Observation("fraud", UNKNOWN))

    assert (seen.approved, seen.opened, [alert.kind for alert in seen.alerts]) == (0, 0, ["unknown"])
    assert Alert.objects.get().deployment == running
    assert Sighting.objects.get().count == 3
    assert AuditEvent.objects.filter(action="deployment_alert.opened").count() == 1


def test_twice_in_one_call_is_once(deployer, running, environment):
    sight(deployer, environment, Observation("fraud", UNKNOWN), Observation("fraud", f"sha256:{UNKNOWN}"))

    assert Sighting.objects.get().count == 1


@pytest.mark.parametrize(
    ("target", "image", "kind"),
    [("fraud", OTHER_IMAGE, "other_image"), ("elsewhere", IMAGE, "not_deployed")],
)
def test_the_right_files_in_the_wrong_place(deployer, running, environment, target, image, kind):
    seen = sight(deployer, environment, Observation(target, running.content_digest, image_digest=image))

    assert [(alert.kind, alert.version_id) for alert in seen.alerts] == [(kind, running.version_id)]


def test_another_version_than_was_let_run(deployer, running, register, environment):
    other = register()

    seen = sight(deployer, environment, Observation("fraud", other.content_digest))

    assert [(alert.kind, alert.version) for alert in seen.alerts] == [("other_version", other)]


def test_during_a_roll_out_both_are_approved_and_later_only_one(
    deployer, running, register, environment, time_machine_at
):
    second = request_deployment(deployer, register(), environment)
    report_state(deployer, second, "deploying")
    both = [Observation("fraud", each.content_digest) for each in (running, second)]

    assert sight(deployer, environment, *both).approved == 2
    report_state(deployer, second, "active")
    assert sight(deployer, environment, *both).approved == 2
    with time_machine_at("2100-01-01T00:00:00Z"):
        assert [alert.kind for alert in sight(deployer, environment, *both).alerts] == ["other_version"]


def test_what_was_permitted_only_is_not_let_run_yet(deployer, deployment, environment):
    seen = sight(deployer, environment, Observation("fraud", deployment.content_digest))

    assert [alert.kind for alert in seen.alerts] == ["not_deployed"]


def test_a_place_is_approved_once_it_is_deployed(deployer, deployment, environment):
    observation = Observation("fraud", deployment.content_digest)
    sight(deployer, environment, observation)
    run(deployer, deployment)

    assert sight(deployer, environment, observation).approved == 1
    assert Sighting.objects.get().deployment == deployment
    assert Alert.objects.unresolved().count() == 1  # a person says when it is good


def test_an_alert_is_acknowledged_and_resolved_and_raised_anew(deployer, running, environment):
    (alert,) = sight(deployer, environment, Observation("fraud", UNKNOWN)).alerts

    acknowledge_alert(deployer, alert)
    acknowledge_alert(deployer, alert, note="Twice.")
    with pytest.raises(InvalidDeployment, match="what was found"):
        resolve_alert(deployer, alert, finding=" ")
    resolved = resolve_alert(deployer, alert, finding="A forgotten test.")

    assert (resolved.state, resolved.resolved_by, resolved.finding) == ("resolved", deployer.user, "A forgotten test.")
    with pytest.raises(WrongOrder):
        acknowledge_alert(deployer, alert)
    assert sight(deployer, environment, Observation("fraud", UNKNOWN)).opened == 1
    events = AuditEvent.objects.filter(object_type="deployment_alert", outcome="ok").order_by("pk")
    assert [event.action.partition(".")[2] for event in events] == ["opened", "acknowledged", "resolved", "opened"]


@pytest.mark.parametrize("who", ["viewer", "contributor", "maintainer"])
def test_others_neither_see_for_it_nor_settle_it(who, request, deployer, running, environment):
    somebody = request.getfixturevalue(who)
    (alert,) = sight(deployer, environment, Observation("fraud", UNKNOWN)).alerts

    for attempt in (
        lambda: sight(somebody, environment, Observation("fraud", "e" * 64)),
        lambda: acknowledge_alert(somebody, alert),
        lambda: resolve_alert(somebody, alert, finding="Nothing."),
    ):
        with pytest.raises(PermissionDenied):
            attempt()


@pytest.mark.parametrize(
    "observations",
    [[], [Observation("fraud")], [Observation("a b", UNKNOWN)], [Observation("fraud", "short")]],
)
def test_what_makes_no_sense_is_refused(deployer, environment, observations):
    with pytest.raises(InvalidDeployment):
        record_sightings(deployer, environment, observations)


def test_a_thousand_at_once_and_not_one_more(deployer, running, environment, django_assert_max_num_queries):
    many = [Observation("fraud", running.content_digest, image_digest=f"{n:064x}") for n in range(1000)]
    sight(deployer, environment, *many[:2])
    same = [Observation(f"fraud-{n}", running.content_digest) for n in range(1000)]

    with pytest.raises(InvalidDeployment, match="1000"):
        sight(deployer, environment, *many, Observation("fraud", UNKNOWN))
    assert sight(deployer, environment, *same).opened == 1000
    with django_assert_max_num_queries(20):
        assert sight(deployer, environment, *same).opened == 0


def test_a_quarantined_version_that_runs_raises_one_alarm(maintainer, approver, deployer, running, version):
    quarantine(maintainer, version, reason="Odd scores.")
    for _ in range(2):
        look_after_deployments()
    (alert,) = Alert.objects.all()
    assert (alert.kind, alert.deployment) == ("quarantined", running)

    resolve_alert(deployer, alert, finding="Known.")
    look_after_deployments()
    assert Alert.objects.count() == 1

    release(approver, version, finding="A false alarm.")
    quarantine(maintainer, version, reason="Odd again.")
    look_after_deployments()
    assert Alert.objects.count() == 2
