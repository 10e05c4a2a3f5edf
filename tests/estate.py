"""Something behind every page, made by operations: few things or many, for whoever walks all pages."""

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from accounts.models import BrowserSession, Project, RoleBinding, Team, Token, User
from accounts.operations import (
    add_member,
    create_service_account,
    create_team,
    create_user,
    grant_role,
    issue_token_for,
)
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from approvals.checks import check_request
from approvals.models import PromotionRequest
from approvals.operations import add_comment, assign_policy, open_request
from approvals.standing import shipped
from artifacts.operations import space_of, store_file
from artifacts.streaming import Incoming
from artifacts.uris import OwnerKind
from deployments import operations as deployments
from deployments.models import Alert, Deployment, Environment
from deployments.operations.sightings import Observation
from lineage.facts import Flow
from lineage.models import AccessQuestion, Node, Recall
from lineage.operations import ask_for_access, recall_node
from lineage.vocabulary import EdgeKind
from notifications.models import Webhook
from notifications.operations import create_webhook
from registry import operations as registry
from registry.models import ModelVersion, RegisteredModel
from registry.rules import Stage
from tests.lineage import scene
from tracking import operations as tracking
from tracking.models import Experiment
from tracking.queries import find_space_owner

PARENT_TAG = "mlflow.parentRunId"
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
_MLMODEL = "artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"
_NOTEBOOK = {
    "cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# A look"]}],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@dataclass
class Estate:
    """One project with everything in it; ``grow`` adds more of each kind of thing."""

    project: Project
    admin: Principal
    maker: Principal
    approver: Principal
    runs: list[str] = field(default_factory=list)
    versions: list[ModelVersion] = field(default_factory=list)
    _made: int = 0

    def __post_init__(self) -> None:
        self.experiment = self._experiment("customers-who-leave")
        self.parent = self._run("sweep", {"mlflow.note.content": "A **sweep**."})
        self.model = registry.create_registered_model(
            self.maker, self.project, "fraud", description="Finds **fraud**.", tags={"team": "risk"}
        )
        self._make_access()
        self.grow(3)
        self._log_everything(self.runs[0])
        self._make_logged_model()
        self.webhook = self._webhook("chat")
        self.alias_rule = registry.govern_alias(
            self.admin, self.project, "stable-*", stages=["Production"], action="manage", reason="Services load them."
        )
        self._move_versions()
        self._write_cards()
        self._throw_away()
        self._deploy()
        self._ask()
        self.recall = self._recall(-1)
        self.question = self._ask_to_see()
        self.view = tracking.save_view(
            self.admin, self.project, str(self.experiment.pk), name="good ones", query="q=metrics.auc+>+0.5"
        )

    def grow(self, count: int) -> None:
        """Make so many more runs, child runs, versions, models, experiments, people, tokens and roles."""
        for number in range(self._made, self._made + count):
            self._experiment(f"trial-{number}")
            self._finished_run(number)
            self._version(number)
            registry.create_registered_model(self.maker, self.project, f"model-{number}", tags={"team": "risk"})
            person = create_user(CONSOLE, f"person-{number}", password="correct horse battery")
            add_member(self.admin, self.team, person)
            grant_role(self.admin, person, Role.VIEWER, self.project, reason="Looks on")
            self._webhook(f"hook-{number}")
            registry.govern_alias(self.admin, self.project, f"trial-{number}", stages=["Staging"], action="write")
            grant_role(self.admin, person, Role.CONTRIBUTOR, self.model)
            create_service_account(self.admin, f"bot-{number}", self.project)
            create_team(self.admin, f"team-{number}", self.project)
            issue_token_for(self.admin, self.robot, name=f"token {number}")
            issue_token_for(CONSOLE, self._user(self.admin), name=f"token {number}")
            self._place(number)
            self._remark(number)
            self._recall(number)
        self._made += count

    def _recall(self, number: int) -> Recall:
        """Something bad, and a version of another registry that was made of it."""
        bad, made_of_it = scene.data("swapped-labels", number + 2), scene.model(1, number + 2)
        flow = Flow(bad.key, made_of_it.key, EdgeKind.DERIVED)
        ids = scene.note(self.maker, self.project, [bad, made_of_it], [flow])
        self.bad_model = made_of_it.key
        node = Node.objects.select_related("scope").get(pk=ids[bad.key])
        return recall_node(self.maker, node, reason="Labels of **customers** were swapped.")

    def _ask_to_see(self) -> AccessQuestion:
        """The approver asks to see what is hidden; that it is not plays no part here."""
        node = self.recall.node
        asked = ask_for_access(self.approver, node, "f" * 32, [node.scope_id], reason="Is it our data?")
        return asked.questions.get()

    def add_rows(self, count: int) -> None:
        """Make many more of what there are many of: child runs and versions."""
        for number in range(self._made, self._made + count):
            self._finished_run(number)
            self._version(number)
        self._made += count

    def add_points(self, count: int) -> None:
        """Let a metric of the first run have many more points."""
        for start in range(100, 100 + count, 1000):
            points = [
                {"key": "loss", "value": 1 / step, "timestamp": step, "step": step}
                for step in range(start, start + 1000)
            ]
            tracking.log_batch(self.maker, self.project, self.runs[0], metrics=points)

    # --- Access -------------------------------------------------------------------------------------------------------

    def _make_access(self) -> None:
        self.team: Team = create_team(self.admin, "data-science-of-the-whole-company", self.project)
        self.grace: User = create_user(CONSOLE, "grace", password="correct horse battery", display_name="Grace Hopper")
        add_member(self.admin, self.team, self.grace)
        self.binding: RoleBinding = grant_role(
            self.admin, self.team, Role.CONTRIBUTOR, self.project, reason="Trains what the fraud desk asks for"
        )
        self.robot: User = create_service_account(self.admin, "ci-fraud-detection-nightly", self.project)
        self.token: Token = issue_token_for(CONSOLE, self._user(self.admin), name="a notebook server")[0]
        self.session = BrowserSession.objects.create(user=self._user(self.admin), session_key="another browser")

    def _webhook(self, name: str) -> Webhook:
        events = ["model_version.transitioned", "promotion_request.checked"]
        return create_webhook(
            self.admin, self.project, name=name, url="https://93.184.215.14/hook", events=events, description="For all."
        )

    @staticmethod
    def _user(principal: Principal) -> User:
        return User.objects.get(pk=principal.user.pk)

    # --- Tracking -----------------------------------------------------------------------------------------------------

    def _experiment(self, name: str) -> Experiment:
        return tracking.create_experiment(
            self.maker, self.project, name=name, tags=pairs({"mlflow.note.content": f"About **{name}**."})
        )

    def _run(self, name: str, tags: Mapping[str, str]) -> str:
        row = tracking.create_run(
            self.maker, self.project, experiment_id=str(self.experiment.pk), name=name, start_time=0, tags=pairs(tags)
        )
        return row.head.uid

    def _finished_run(self, number: int) -> None:
        uid = self._run(f"run-{number}", {PARENT_TAG: self.parent, "team": "risk"})
        scores = {"auc": 0.5 + (number % 50) / 100, "loss": 1 / (number + 1)}
        points = [{"key": key, "value": value, "timestamp": 0} for key, value in scores.items()]
        params = {"alpha": str(number % 7), "depth": str(number % 5)}
        tracking.log_batch(self.maker, self.project, uid, metrics=points, params=pairs(params))
        tracking.update_run(self.maker, self.project, uid, status="FINISHED", end_time=60_000)
        self.runs.append(uid)

    def _log_everything(self, uid: str) -> None:
        points = [{"key": "loss", "value": 1 / (step + 1), "timestamp": step, "step": step} for step in range(100)]
        tracking.log_batch(self.maker, self.project, uid, metrics=points)
        described = {"name": "transfers", "digest": "d1", "source_type": "local", "source": "{}", "profile": "{}"}
        context = pairs({"mlflow.data.context": "training"})
        tracking.log_inputs(self.maker, self.project, uid, datasets=[{"dataset": described, "tags": context}])
        for path, content in _files().items():
            self._store(OwnerKind.RUN, uid, path, content)

    def _make_logged_model(self) -> None:
        made = tracking.create_logged_model(
            self.maker,
            self.project,
            experiment_id=str(self.experiment.pk),
            name="model",
            source_run_id=self.runs[0],
            params=pairs({"alpha": "1"}),
        )
        self.logged_model = made.uid
        self._store(OwnerKind.LOGGED_MODEL, made.uid, "MLmodel", _MLMODEL.encode())
        self._store(OwnerKind.LOGGED_MODEL, made.uid, "model.pkl", b"\x80weights")
        tracking.finalize_logged_model(self.maker, self.project, made.uid, status="LOGGED_MODEL_READY")
        tracking.log_outputs(self.maker, self.project, self.runs[0], models=[{"model_id": made.uid}])

    def _store(self, kind: OwnerKind, uid: str, path: str, content: bytes) -> None:
        space = space_of(self.maker, find_space_owner(self.project, kind, uid))
        store_file(self.maker, space, path, Incoming(io.BytesIO(content).read, length=len(content)))

    # --- Registry -----------------------------------------------------------------------------------------------------

    def _version(self, number: int) -> None:
        source = "s3://elsewhere/fraud"
        self.versions.append(
            registry.create_model_version(
                self.maker,
                self.model,
                source,
                run_uid=self.runs[number],
                description="Trained *again*",
                tags={"a": "b"},
            )
        )

    def _move_versions(self) -> None:
        source = f"models:/{self.logged_model}"
        kept = registry.create_model_version(self.maker, self.model, source, logged_model_uid=self.logged_model)
        self.versions.append(kept)
        for version, stages in zip(self.versions, (("Staging", "Production"), ("Staging",)), strict=False):
            for stage in stages:
                registry.transition_stage(self.approver, version, Stage(stage), reason=f"Ready for {stage}")
        registry.transition_stage(self.approver, kept, Stage.STAGING, reason="Has files")
        registry.transition_stage(self.approver, kept, Stage.PRODUCTION, reason="Better")
        registry.set_alias(self.maker, kept, "champion")

    def _write_cards(self) -> None:
        for text in ("Holds transfers.", "Holds **transfers** back."):
            registry.revise_model_card(self.maker, self.model, {"intended_use": text}, comment="Said clearer")
            registry.revise_version_card(self.maker, self.versions[0], {"limitations": text})

    def _throw_away(self) -> None:
        self.trashed_model: RegisteredModel = registry.create_registered_model(self.maker, self.project, "mistake")
        registry.delete_registered_model(self.maker, self.trashed_model)
        self.trashed_version = registry.create_model_version(self.maker, self.model, "s3://elsewhere/mistake")
        registry.delete_model_version(self.maker, self.trashed_version)
        self.trashed_run = self._run("mistake", {})
        tracking.delete_run(self.maker, self.project, self.trashed_run)
        self.trashed_experiment = self._experiment("mistake")
        tracking.delete_experiment(self.maker, self.project, str(self.trashed_experiment.pk))

    # --- Deployments --------------------------------------------------------------------------------------------------

    def _deploy(self) -> None:
        """Two versions ran at one target, one after another, and something runs that nobody let run."""
        self.environment: Environment = self._environment("prod-of-the-fraud-desk")
        self.deployments: list[Deployment] = [self._run_there(version) for version in self.versions[1:3]]
        unknown = Observation("edge-7", "e" * 64)
        deployments.record_sightings(self.admin, self.environment, [unknown])
        self.alert: Alert = Alert.objects.get()

    def _environment(self, name: str) -> Environment:
        return deployments.create_environment(self.maker, self.project, name, kind="production", required_stage="None")

    def _run_there(self, version: ModelVersion, target: str = "") -> Deployment:
        made = deployments.request_deployment(self.admin, version, self.environment, target=target, reason="Better")
        for state in ("deploying", "active"):
            deployments.report_state(self.admin, made, state)
        return made

    def _place(self, number: int) -> None:
        """One more environment, deployment, sighting and alert, once there are any."""
        if not hasattr(self, "environment"):
            return
        self._environment(f"place-{number}")
        self._run_there(self.versions[0], target=f"server-{number}")
        self._run_there(self.versions[0])
        self._run_there(self.versions[1])
        deployments.record_sightings(self.admin, self.environment, [Observation(f"edge-{number}0", "f" * 64)])

    # --- Promotion ----------------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """From now on somebody else has to approve, and a version waits for that."""
        assign_policy(self.admin, self.project, shipped("four-eyes"), reason="There are more of us now.")
        version = self.versions[1]
        self.request: PromotionRequest = open_request(self.maker, version, Stage.PRODUCTION, reason="**Better.**")
        check_request(self.request.pk)

    def _remark(self, number: int) -> None:
        """One more comment, once there is a request."""
        if hasattr(self, "request"):
            add_comment(self.maker, self.request, f"Remark **{number}**")


def pairs(items: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags or params as operations take them."""
    return [{"key": key, "value": value} for key, value in items.items()]


def _files() -> dict[str, bytes]:
    return {
        "notes.txt": b"first line\nsecond line\n",
        "README.md": b"# About\n\n- one\n- two\n",
        "summary.json": json.dumps({"auc": 0.9}).encode(),
        "look.ipynb": json.dumps(_NOTEBOOK).encode(),
        "table.csv": b"a,b\n1,2\n3,4\n",
        "plots/curve.png": _PICTURE,
        "report.html": b"<h1>Report</h1>",
        "weights.bin": bytes(range(256)),
    }
