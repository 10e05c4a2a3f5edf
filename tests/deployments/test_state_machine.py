"""Whatever people and agents do, in whatever order: one thing runs at a target, by right, and the log tells it."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import User
from accounts.principals import Principal
from audit.exceptions import Refusal
from audit.models import AuditEvent
from deployments.models import Alert, Deployment, DeploymentInterval, Environment, Permit
from deployments.operations import (
    issue_permit,
    record_sightings,
    report_state,
    request_deployment,
    resolve_alert,
    roll_back,
)
from deployments.operations.sightings import Observation
from deployments.queries import whole_deployments
from deployments.upkeep import look_after_deployments
from registry.models import ModelVersion
from registry.operations import delete_model_version, quarantine, release, transition_stage
from registry.rules import Stage

#: Who may let something run, and who may let it go back.
DEPLOYERS, KEEPERS = {"deployer"}, {"deployer", "maintainer", "approver"}
some_person = st.sampled_from(("deployer", "deployer", "deployer", "maintainer", "approver", "contributor", "viewer"))
some_version = st.integers(0, 2)
some_target = st.sampled_from(("a", "b"))
STATES = ("deploying", "active", "failed", "stopped")


@dataclass
class Scene:
    """Where it happens, made once for all examples."""

    environment: Environment
    versions: list[ModelVersion]
    people: dict[str, User]


class Deploying(RuleBasedStateMachine):
    """Random people do random things to three versions at two targets."""

    scene: Scene
    #: How often something was done, so that a test which only ever collects refusals is noticed.
    done: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self._atomic = transaction.atomic()
        # Operations are transactions of their own; within a test's they may be.
        self._atomic._from_testcase = True  # type: ignore[attr-defined]
        self._atomic.__enter__()
        self.first = AuditEvent.objects.latest("pk").pk

    def teardown(self) -> None:
        self._replay()
        self.done.update(f"state: {state}" for state in Deployment.objects.values_list("state", flat=True))
        transaction.set_rollback(True)
        self._atomic.__exit__(None, None, None)

    # What people do

    @rule(who=some_person, which=some_version, place=some_target)
    def deploy(self, who: str, which: int, place: str) -> None:
        environment = self.scene.environment
        self._try("deploy", lambda: request_deployment(self._as(who), self._version(which), environment, target=place))

    @rule(who=some_person, which=some_version, place=some_target)
    def deploy_and_run(self, who: str, which: int, place: str) -> None:
        """What should happen, so that it often does."""
        self._try("promote", lambda: transition_stage(self._as("contributor"), self._version(which), Stage.PRODUCTION))
        self.deploy(who, which, place)
        for state in ("deploying", "active"):
            self.report(who, state)

    @rule(who=some_person, place=some_target, over=st.sampled_from(STATES))
    def there_and_back(self, who: str, place: str, over: str) -> None:
        """Two deployments and a roll-back, as far as people let them happen."""
        for which in (0, 1):
            self.deploy_and_run("deployer", which, place)
        self.go_back(who)
        for state in ("deploying", "active", over):
            self.report("deployer", state)

    @rule(who=some_person, state=st.sampled_from(STATES))
    def report(self, who: str, state: str) -> None:
        for deployment in whole_deployments().open():
            self._try(state, lambda: report_state(self._as(who), deployment, state))  # noqa: B023

    @rule(who=some_person)
    def go_back(self, who: str) -> None:
        for deployment in whole_deployments().active():
            self._try("go back", lambda: roll_back(self._as(who), deployment, reason="Wrong."))  # noqa: B023

    @rule(who=some_person)
    def renew(self, who: str) -> None:
        for deployment in whole_deployments().open():
            self._try("renew", lambda: issue_permit(self._as(who), deployment))  # noqa: B023

    @rule(who=some_person, which=some_version, place=some_target)
    def sight(self, who: str, which: int, place: str) -> None:
        seen = [Observation(place, self._version(which).content_digest or "f" * 64)]
        self._try("sight", lambda: record_sightings(self._as(who), self.scene.environment, seen))

    @rule(who=some_person, which=some_version, place=some_target)
    def resolve(self, who: str, which: int, place: str) -> None:
        self.sight("deployer", which, place)
        for alert in Alert.objects.unresolved().select_related("environment"):
            self._try("resolve", lambda: resolve_alert(self._as(who), alert, finding="Known."))  # noqa: B023

    @rule(which=some_version)
    def suspect(self, which: int) -> None:
        self._try("suspect", lambda: quarantine(self._as("maintainer"), self._version(which), reason="Odd."))

    @rule(which=some_version)
    def let_go(self, which: int) -> None:
        self._try("let go", lambda: release(self._as("approver"), self._version(which), finding="Fine."))

    @rule(which=some_version)
    def retire(self, which: int) -> None:
        self._try("retire", lambda: transition_stage(self._as("maintainer"), self._version(which), Stage.ARCHIVED))

    @rule(which=some_version)
    def delete(self, which: int) -> None:
        self._try("delete", lambda: delete_model_version(self._as("maintainer"), self._version(which)))

    @rule()
    def look_after(self) -> None:
        look_after_deployments()

    # What must hold

    @invariant()
    def one_thing_runs_at_a_target(self) -> None:
        running = Counter(Deployment.objects.active().values_list("target", flat=True))
        assert all(count == 1 for count in running.values())
        ran = DeploymentInterval.objects.ran().filter(until=None)
        assert set(ran.values_list("deployment_id", flat=True)) == set(
            Deployment.objects.active().values_list("pk", flat=True)
        )

    @invariant()
    def what_is_open_lies_not_in_the_trash(self) -> None:
        assert not Deployment.objects.open().exclude(version__lifecycle="active").exists()

    @invariant()
    def an_alert_is_raised_once(self) -> None:
        raised = Counter(Alert.objects.unresolved().values_list("target", "kind", "seen", "image_digest"))
        assert all(count == 1 for count in raised.values())

    def _replay(self) -> None:
        """Read the log from the beginning: everything is there, in order, and was allowed when it happened."""
        uids = {person.uid: name for name, person in self.scene.people.items()}
        stages, suspected = self._at_first()
        entered: Counter[str] = Counter()
        for event in AuditEvent.objects.filter(pk__gt=self.first, outcome="ok").order_by("pk"):
            body = json.loads(bytes(event.body))
            who, version = uids.get(event.actor_uid, event.actor_uid), ""
            if event.object_type == "model_version":
                for each in (body["object"] | {"after": body["after"]}, *body.get("also", ())):
                    stages[each["id"]] = (each["after"] or {}).get("stage", stages.get(each["id"]))
                suspected[event.object_id] = (body["after"] or {}).get(
                    "quarantined", suspected.get(event.object_id, False)
                )
            elif event.object_type == "deployment":
                version = Deployment.objects.get(pk=event.object_id).version.audit_id
            if event.action == "deployment.requested":
                assert (who in DEPLOYERS, stages[version]) == (True, "Production")
            elif event.action == "deployment.roll_back_requested":
                assert who in KEEPERS
            elif event.action in ("deployment.permitted", "deployment.started"):
                assert not suspected.get(version)
            elif event.object_type == "deployment_alert":
                assert who in DEPLOYERS | {"sys_deployments"}
            if event.object_type == "deployment":
                entered[event.action] += 1
        self._everything_is_in_the_log(entered)

    def _everything_is_in_the_log(self, entered: Counter[str]) -> None:
        states = Counter(DeploymentInterval.objects.values_list("state", flat=True))
        begun = entered["deployment.requested"] + entered["deployment.roll_back_requested"]
        assert begun == states["requested"] == states["permitted"] == Deployment.objects.count()
        assert entered["deployment.permitted"] == Permit.objects.count()
        assert entered["deployment.started"] == states["deploying"]
        assert entered["deployment.activated"] == states["active"]
        assert entered["deployment.stopped"] == states["stopped"]
        assert entered["deployment.failed"] + entered["deployment.expired"] == states["failed"]
        assert Alert.objects.count() == AuditEvent.objects.filter(action="deployment_alert.opened").count()
        for deployment in Deployment.objects.all():
            intervals = list(deployment.intervals.order_by("pk"))
            assert all(one.until == other.since for one, other in pairwise(intervals))
            assert (intervals[-1].state, intervals[-1].until) == (deployment.state, None)

    def _at_first(self) -> tuple[dict[str, str | None], dict[str, bool]]:
        return {version.audit_id: version.stage for version in self.scene.versions}, {}

    def _as(self, who: str) -> Principal:
        return Principal(User.objects.get(pk=self.scene.people[who].pk), auth="session")

    def _version(self, index: int) -> ModelVersion:
        return ModelVersion.objects.select_related("model__project").get(pk=self.scene.versions[index].pk)

    def _try(self, what: str, act: Callable[[], object]) -> None:
        """Somebody tries; to be refused is no mistake."""
        try:
            act()
        except Refusal:
            self.done[f"{what}: refused"] += 1
        else:
            self.done[what] += 1


@pytest.fixture
def scene(deployer, maintainer, approver, contributor, viewer, environment, register) -> Scene:
    """Three versions, of which the last one is in Production."""
    people = {name: each.user for name, each in locals().items() if isinstance(each, Principal)}
    versions = [register() for _ in range(3)]
    for version in versions:
        version.refresh_from_db()
    return Scene(environment, versions, people)


def test_random_people_doing_random_things(scene):
    done: Counter[str] = Counter()
    machine = type("Machine", (Deploying,), {"scene": scene, "done": done})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

    wanted = ("deploy", "deploy: refused", "go back", "sight", "resolve", "delete: refused", "renew")
    wanted += ("state: active", "state: superseded", "state: rolled_back")
    assert not [what for what in wanted if not done[what]], done
    assert done["state: failed"] + done["state: stopped"]
