"""Whatever people do, in whatever order: nobody gets a version to Production alone, and the log tells all of it."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import Project, RoleBinding, Token, User
from accounts.operations import create_service_account, grant_role, issue_token_for, revoke_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from approvals import checks
from approvals.models import Decision, Passage, PromotionRequest, RequestKind, RequestState, Road, Tier, Verdict
from approvals.operations import cancel_request, decide, ratify, resubmit, set_tier, waive_gate
from approvals.promotion import break_glass, promote
from approvals.queries import newest_revision, requirement_of, whole_requests
from audit import guard
from audit.exceptions import Refusal
from audit.models import AuditEvent
from registry.models import ModelVersion, RegisteredModel, StageInterval
from registry.operations import create_model_version, quarantine, release, roll_back, transition_stage
from registry.operations.cards import revise_version_card
from registry.rules import Stage
from tests.approvals.scene import age_roles

PEOPLE = ("contributor", "approver", "second_approver", "maintainer", "responder", "admin", "root", "robot")
#: Whoever may decide, for a start; the machine takes their roles away and gives them back.
DECIDERS = ("approver", "second_approver")

some_person = st.sampled_from(PEOPLE)
some_worker = st.sampled_from(("contributor", "contributor", "approver", "maintainer"))
some_decider = st.sampled_from((*DECIDERS, *DECIDERS, *PEOPLE))
some_version = st.integers(0, 2)
some_road = st.sampled_from(("session", "session", "session", "token"))
REASON = "Cards are refused everywhere since noon."


@dataclass
class Scene:
    """Where it happens, made once for all examples."""

    project: Project
    model: RegisteredModel
    versions: list[ModelVersion]
    people: dict[str, User]
    tokens: dict[str, Token]


class Promotions(RuleBasedStateMachine):
    """Random people do random things to three versions of one model."""

    scene: Scene
    approvals: int
    #: How often something was done, so that a test which only ever collects refusals is noticed.
    done: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self._atomic = transaction.atomic()
        # Operations are transactions of their own; within a test's they may be.
        self._atomic._from_testcase = True  # type: ignore[attr-defined]
        self._atomic.__enter__()
        self.executed: set[int] = set()
        self.newest: int | None = None

    def teardown(self) -> None:
        self._look()
        self.done.update(f"entered: {road}" for road in Passage.objects.values_list("road", flat=True))
        transaction.set_rollback(True)
        self._atomic.__exit__(None, None, None)

    # What people do

    @rule(
        who=some_worker, which=some_version, stage=st.sampled_from([Stage.STAGING, Stage.PRODUCTION, Stage.PRODUCTION])
    )
    def ask(self, who: str, which: int, stage: Stage) -> None:
        self._try("ask", lambda: promote(self._as(who), self._version(which), stage, reason="Better."))

    @rule(who=some_person, which=some_version, stage=st.sampled_from(Stage))
    def transition(self, who: str, which: int, stage: Stage) -> None:
        self._try("transition", lambda: transition_stage(self._as(who), self._version(which), stage))

    @rule(which=some_version, who=some_worker, deciders=st.lists(some_decider, min_size=2, max_size=4))
    def ask_and_vote(self, which: int, who: str, deciders: list[str]) -> None:
        """What should happen, so that it often does."""
        self.ask(who, which, Stage.PRODUCTION)
        self.work()
        self.waive(deciders[0])
        self.work()
        for decider in [*DECIDERS, *deciders]:
            self.vote(decider, "session", Verdict.APPROVE)
        self.ask(who, which, Stage.PRODUCTION)

    @rule(who=st.sampled_from(DECIDERS))
    def there_and_back(self, who: str) -> None:
        """Two promotions and a roll-back, as far as people let them happen."""
        for which in (1, 2):
            self.ask_and_vote(which, "contributor", [who])
        self.go_back(who)

    @rule()
    def work(self) -> None:
        for request in PromotionRequest.objects.filter(state=RequestState.CHECKING):
            checks.check_request(request.pk)

    @rule()
    def look_after(self) -> None:
        checks.refresh_project(self.scene.model.project_id)
        checks.look_after_requests()

    @rule(who=some_decider, road=some_road, verdict=st.sampled_from([Verdict.APPROVE] * 4 + list(Verdict)))
    def vote(self, who: str, road: str, verdict: Verdict) -> None:
        before = Decision.objects.count()
        for request in whole_requests().open():
            digest = newest_revision(request).subject_digest
            given: dict[str, Any] = {"subject_digest": digest, "comment": "Seen.", "signed_in_at": timezone.now()}
            self._try("vote", lambda: decide(self._as(who, road), request, verdict, **given))  # noqa: B023
        if road == "token" or who in ("root", "robot"):
            assert Decision.objects.count() == before

    @rule(who=some_decider)
    def waive(self, who: str) -> None:
        for request in whole_requests().open():
            given: dict[str, Any] = {"reason": "Reviewed on paper.", "signed_in_at": timezone.now()}
            self._try("waive", lambda: waive_gate(self._as(who), request, "required tags", **given))  # noqa: B023

    @rule(who=some_person)
    def cancel(self, who: str) -> None:
        for request in whole_requests().open():
            self._try("cancel", lambda: cancel_request(self._as(who), request, reason="No."))  # noqa: B023

    @rule(who=some_worker)
    def ask_again(self, who: str) -> None:
        for request in whole_requests().open():
            self._try("ask again", lambda: resubmit(self._as(who), request))  # noqa: B023

    @rule(which=some_version, text=st.sampled_from(["Not at night.", "Not on Sundays."]))
    def edit_card(self, which: int, text: str) -> None:
        card = {"limitations": text}
        self._try("edit", lambda: revise_version_card(self._as("contributor"), self._version(which), card))

    @rule(tier=st.sampled_from(Tier))
    def change_tier(self, tier: Tier) -> None:
        self._try("tier", lambda: set_tier(self._as("admin"), self.scene.model, tier, reason="Looked at again."))

    @rule(who=some_decider)
    def go_back(self, who: str) -> None:
        for which in range(3):
            self._try("roll back", lambda: roll_back(self._as(who), self._version(which), reason=REASON))  # noqa: B023

    @rule(who=st.sampled_from(["responder", "responder", "contributor", "root"]), which=some_version, road=some_road)
    def emergency(self, who: str, which: int, road: str) -> None:
        def smash() -> object:
            return break_glass(
                self._as(who, road), self._version(which), Stage.PRODUCTION, reason=REASON, incident="INC-7"
            )

        self._try("break glass", smash)

    @rule(who=some_decider)
    def agree_afterwards(self, who: str) -> None:
        for request in whole_requests().filter(kind=RequestKind.BREAK_GLASS):
            self._try("ratify", lambda: ratify(self._as(who), request, signed_in_at=timezone.now()))  # noqa: B023

    @rule(which=some_version, seldom=st.integers(0, 3))
    def suspect(self, which: int, seldom: int) -> None:
        if seldom:
            return
        self._try("quarantine", lambda: quarantine(self._as("maintainer"), self._version(which), reason=REASON))

    @rule(who=some_decider, which=some_version)
    def let_go(self, who: str, which: int) -> None:
        self._try("release", lambda: release(self._as(who), self._version(which), finding="It was the data."))

    @rule(who=st.sampled_from(DECIDERS))
    def take_role(self, who: str) -> None:
        held = RoleBinding.objects.filter(user=self.scene.people[who], role=Role.APPROVER, ended_at=None).first()
        if held is not None:
            self._try("revoke", lambda: revoke_role(self._as("admin"), held))

    @rule(who=st.sampled_from(DECIDERS), old=st.booleans())
    def give_role(self, who: str, old: bool) -> None:
        person, project = self.scene.people[who], self.scene.project
        self._try("grant", lambda: grant_role(self._as("admin"), person, Role.APPROVER, project))
        if old:
            age_roles()

    # What holds at every moment

    @invariant()
    def everything_holds(self) -> None:
        """Looked at whenever something was done, and once more at the end."""
        newest = AuditEvent.objects.filter(outcome="ok").order_by("-pk").values_list("pk", flat=True).first()
        if newest != self.newest:
            self.newest = newest
            self._look()

    def _look(self) -> None:
        self.one_version_in_production()
        self.every_stage_was_entered_by_right()
        self.enough_people_stood_behind_what_was_executed()
        self.nobody_decided_who_may_not()
        self.the_log_tells_every_stage()
        self.the_log_tells_every_request()

    def one_version_in_production(self) -> None:
        in_stage = ModelVersion.objects.filter(stage=Stage.PRODUCTION).count()
        stays = StageInterval.objects.filter(stage=Stage.PRODUCTION, until=None).count()
        assert in_stage == stays <= 1

    def every_stage_was_entered_by_right(self) -> None:
        for version in ModelVersion.objects.filter(stage=Stage.PRODUCTION):
            passage = Passage.objects.filter(version=version, to_stage=Stage.PRODUCTION).latest("pk")
            assert passage.road in (Road.REVIEWED, Road.ROLL_BACK, Road.BREAK_GLASS)
        for passage in Passage.objects.select_related("request"):
            if passage.road == Road.UNREVIEWED:
                assert passage.to_stage == Stage.STAGING
            elif passage.road == Road.ROLL_BACK:
                assert passage.request is None
            else:
                assert passage.request is not None
                assert passage.request.state == RequestState.EXECUTED
                assert (passage.road == Road.BREAK_GLASS) == (passage.request.kind == RequestKind.BREAK_GLASS)
        raised = Passage.objects.filter(to_stage=Stage.PRODUCTION).count()
        assert raised == StageInterval.objects.filter(stage=Stage.PRODUCTION).count()

    def enough_people_stood_behind_what_was_executed(self) -> None:
        executed = whole_requests().filter(state=RequestState.EXECUTED, kind=RequestKind.NORMAL)
        for request in executed.exclude(pk__in=self.executed):
            self.executed.add(request.pk)
            revision = newest_revision(request)
            votes = revision.decisions.filter(verdict=Verdict.APPROVE, voided_at=None)
            voters = set(votes.values_list("person_id", flat=True)) - {request.requester_id}
            holding = RoleBinding.objects.filter(user__in=voters, role=Role.APPROVER, ended_at=None)
            asked = requirement_of(revision).approvals
            assert asked >= self.approvals
            assert holding.values("user").distinct().count() >= asked
            assert set(votes.values_list("subject_digest", flat=True)) == {revision.subject_digest}

    def nobody_decided_who_may_not(self) -> None:
        known = [self.scene.people[name].pk for name in DECIDERS]
        for decision in Decision.objects.select_related("revision__request"):
            assert decision.person_id != decision.revision.request.requester_id
            assert decision.person_id in known
        pairs = Decision.objects.values_list("revision__request", "revision", "person")
        assert len(pairs) == len(set(pairs))
        for request in PromotionRequest.objects.exclude(ratified_by=None):
            assert request.ratified_by_id in known
            assert request.ratified_by_id != request.requester_id

    def the_log_tells_every_stage(self) -> None:
        told: dict[str, str] = {}
        for body in self._bodies("model_version.transitioned", "model_version.rolled_back"):
            for change in [{**body["object"], "after": body["after"]}, *body.get("also", ())]:
                told[str(change["id"])] = change["after"]["stage"]
        stages = {version.audit_id: version.stage for version in ModelVersion.objects.all()}
        assert {pk: stage for pk, stage in stages.items() if stage != Stage.NONE or pk in told} == told

    def the_log_tells_every_request(self) -> None:
        ends = {
            RequestState.EXECUTED: "promotion_request.executed",
            RequestState.CANCELLED: "promotion_request.cancelled",
            RequestState.INVALIDATED: "promotion_request.invalidated",
        }
        for state, action in ends.items():
            closed = {str(pk) for pk in PromotionRequest.objects.filter(state=state).values_list("pk", flat=True)}
            events = AuditEvent.objects.filter(action=action, outcome="ok").values_list("object_id", flat=True)
            assert sorted(events) == sorted(closed)
        assert self._events("decided") == Decision.objects.count()
        opened = self._events("opened") + self._events("glass_broken")
        assert opened == PromotionRequest.objects.count()
        for request in PromotionRequest.objects.all():
            told = AuditEvent.objects.filter(object_type="promotion_request", object_id=str(request.pk), outcome="ok")
            assert request.audit_seq == told.count()

    # How

    def _as(self, name: str, road: str = "session") -> Principal:
        person = User.objects.get(pk=self.scene.people[name].pk)
        if road == "token" or name == "robot":
            return Principal(person, auth="token", token=self.scene.tokens[name])
        return Principal(person, auth="session")

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

    def _bodies(self, *actions: str) -> list[dict[str, Any]]:
        events = AuditEvent.objects.filter(action__in=actions, outcome="ok").order_by("pk")
        return [json.loads(bytes(event.body)) for event in events]

    def _events(self, name: str) -> int:
        return AuditEvent.objects.filter(action=f"promotion_request.{name}", outcome="ok").count()


@pytest.fixture
def scene(admin, cast, contributor, approver, second_approver, maintainer, project, model) -> Scene:
    """Three versions, of which two have the tag that the policy asks for; a superuser and a robot without a role."""
    people = {name: principal.user for name, principal in locals().items() if isinstance(principal, Principal)}
    people["responder"] = cast("responder", Role.INCIDENT_RESPONDER).user
    people["root"] = cast("root").user
    with guard.lifted():
        User.objects.filter(pk=people["root"].pk).update(is_superuser=True)
    people["robot"] = create_service_account(admin, "robot", project)
    grant_role(admin, people["robot"], Role.APPROVER, project)
    versions = [
        create_model_version(contributor, model, f"s3://bucket/{number}", tags={"review": "done"} if number else {})
        for number in range(3)
    ]
    tokens = {name: issue_token_for(CONSOLE, person, name="t")[0] for name, person in people.items()}
    return Scene(project, model, versions, people, tokens)


@pytest.mark.parametrize(("execute", "approvals"), [("automatically", 1), ("on_call", 2)])
def test_random_people_doing_random_things(execute, approvals, set_policy, scene):
    gates = "[{type: required_tags, keys: [review]}]"
    set_policy(execute=execute, approvals=approvals, gates=gates, break_glass="true")
    age_roles()
    done: Counter[str] = Counter()
    machine = type("Machine", (Promotions,), {"scene": scene, "approvals": approvals, "done": done})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=14,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert not [what for what in ("vote", "entered: reviewed", "entered: roll_back") if not done[what]], done
