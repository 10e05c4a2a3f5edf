"""Carries everything from a real MLflow server into a project, by the same operations as any client's calls.

Runs and logged models keep their ids and versions their numbers, so that a second import finds what the first one
carried: it may be killed at any moment and started again. Who made a thing and when is kept as what the source said, in
tags beginning with ``stagekeeper.import.``; stages are entered by transitions, which a policy may refuse or stamp.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import requests

from accounts.models import Project
from accounts.principals import Principal
from artifacts.models import ArtifactFile
from artifacts.operations import space_of, store_file
from artifacts.streaming import Incoming
from artifacts.uris import OwnerKind
from audit.exceptions import Refusal, Unavailable
from mlflow_api.importing.source import Source
from registry import operations as registry
from registry.models import Lifecycle as RegistryLifecycle, ModelVersion, RegisteredModel
from registry.rules import Stage
from tracking import operations as tracking
from tracking.models import Experiment, Lifecycle, RunModelInput, RunOutput
from tracking.operations.imports import SaidModel, SaidRun, import_logged_model, import_model_links, import_run
from tracking.queries import find_space_owner

_MARK: Final = "stagekeeper.import"
_CHUNK: Final = 1 << 20
_STATUSES: Final = {1: "LOGGED_MODEL_PENDING", 2: "LOGGED_MODEL_READY", 3: "LOGGED_MODEL_UPLOAD_FAILED"}

Say = Callable[[str], None]


@dataclass
class Report:
    """What was carried, what was there before, and what could not be carried, with the reason."""

    carried: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)

    def count(self, kind: str, is_new: bool) -> None:
        """Count one thing."""
        (self.carried if is_new else self.known)[kind] += 1

    def leave(self, thing: str, why: object) -> None:
        """Say that something stayed behind."""
        self.left.append(f"{thing}: {why}")


@dataclass
class Carrier:
    """One import, as somebody who may write in the project."""

    source: Source
    actor: Principal
    project: Project
    say: Say
    report: Report = field(default_factory=Report)
    #: The runs and logged models of which some file is not here.
    incomplete: set[str] = field(default_factory=set)

    def carry(self, only: Iterable[str] = (), *, artifacts: bool = True, models: bool = True) -> Report:
        """Carry experiments (all, or those named), and then registered models."""
        wanted = set(only)
        for experiment in self.source.experiments():
            if not wanted or experiment["name"] in wanted:
                self._carry_experiment(experiment, artifacts=artifacts)
        if models:
            for model in self.source.registered_models():
                self._carry_registered_model(model)
        return self.report

    # --- Experiments, runs, logged models -----------------------------------------------------------------------------

    def _carry_experiment(self, said: dict[str, Any], *, artifacts: bool) -> None:
        name = said["name"]
        experiment = self._experiment(said)
        if experiment is None:
            return
        there = said["experiment_id"]
        links = []
        for count, run in enumerate(self.source.runs(there), start=1):
            if self._try(f"run {run['info']['run_id']}", "runs", partial(self._carry_run, experiment, run)):
                links.append(run)
            if count % 20 == 0:
                self.say(f"{name}: {count} runs")
        models = list(self.source.logged_models(there))
        for model in models:
            uid = model["info"]["model_id"]
            self._try(f"logged model {uid}", "logged models", partial(self._carry_model, experiment, model))
        for run in links:
            self._link_models(run)
        if artifacts:
            self._carry_files(links, models)
        if deleted := self.source.deleted_runs(there):
            self.report.leave(f"{deleted} deleted runs of {name}", "deleted runs are not carried")
        self.say(f"{name}: {len(links)} runs, {len(models)} logged models")

    def _experiment(self, said: dict[str, Any]) -> Experiment | None:
        """The experiment of that name in the project, made when it is not there."""
        known = Experiment.objects.filter(project=self.project, name=said["name"]).first()
        if known is not None:
            if known.lifecycle_stage != Lifecycle.ACTIVE:
                self.report.leave(f"experiment {said['name']}", "one of that name is deleted here")
                return None
            self.report.count("experiments", is_new=False)
            return known
        tags = [
            *said.get("tags", []),
            {"key": f"{_MARK}.from", "value": f"{self.source.address}#{said['experiment_id']}"},
        ]
        try:
            made = tracking.create_experiment(self.actor, self.project, name=said["name"], tags=tags)
        except Refusal as refusal:
            self.report.leave(f"experiment {said['name']}", refusal)
            return None
        self.report.count("experiments", is_new=True)
        return made

    def _carry_run(self, experiment: Experiment, run: dict[str, Any]) -> bool:
        info, data = run["info"], run.get("data", {})
        said = SaidRun(
            uid=info["run_id"],
            name=info.get("run_name", ""),
            status=info["status"],
            start_time=int(info.get("start_time") or 0),
            end_time=int(info["end_time"]) if info.get("end_time") else None,
            params=data.get("params", []),
            tags=[*_without_name(data.get("tags", [])), *self._marks(info.get("user_id", ""))],
            metrics=[
                point
                for key in dict.fromkeys(metric["key"] for metric in data.get("metrics", []))
                for point in self.source.points(info["run_id"], key)
            ],
            datasets=run.get("inputs", {}).get("dataset_inputs", []),
        )
        return import_run(self.actor, self.project, str(experiment.pk), said)

    def _carry_model(self, experiment: Experiment, model: dict[str, Any]) -> bool:
        info, data = model["info"], model.get("data", {})
        said = SaidModel(
            uid=info["model_id"],
            name=info.get("name", ""),
            model_type=info.get("model_type", ""),
            status=_status(info.get("status")),
            source_run=info.get("source_run_id", ""),
            params=data.get("params", []),
            tags=[*info.get("tags", []), *self._marks(str(info.get("creator_id", "")))],
            metrics=data.get("metrics", []),
        )
        return import_logged_model(self.actor, self.project, str(experiment.pk), said)

    def _link_models(self, run: dict[str, Any]) -> None:
        uid = run["info"]["run_id"]
        read, made = run.get("inputs", {}).get("model_inputs", []), run.get("outputs", {}).get("model_outputs", [])
        here = RunModelInput.objects.filter(run__uid=uid).count() + RunOutput.objects.filter(run__uid=uid).count()
        if here < len(read) + len(made):
            self._attempt(
                f"models of run {uid}",
                lambda: import_model_links(self.actor, self.project, uid, read=read, made=made),
            )

    def _marks(self, who: str) -> list[dict[str, str]]:
        said = {"from": self.source.address, "user": who}
        return [{"key": f"{_MARK}.{name}", "value": value} for name, value in said.items() if value]

    # --- Files --------------------------------------------------------------------------------------------------------

    def _carry_files(self, runs: list[dict[str, Any]], models: list[dict[str, Any]]) -> None:
        for run in runs:
            uid = run["info"]["run_id"]
            self._carry_files_of(OwnerKind.RUN, uid)
        for model in models:
            uid = model["info"]["model_id"]
            self._carry_files_of(OwnerKind.LOGGED_MODEL, uid)

    def _carry_files_of(self, kind: OwnerKind, uid: str) -> None:
        if self._attempt(f"files of {kind.label} {uid}", partial(self._carry_folder, kind, uid)) is None:
            self.incomplete.add(uid)

    def _carry_folder(self, kind: OwnerKind, uid: str) -> bool:
        of_run = kind == OwnerKind.RUN
        listed = self.source.run_files(uid) if of_run else self.source.model_files(uid)
        here: dict[str, int] | None = None
        for entry in listed:
            path, size = entry["path"], int(entry.get("file_size") or 0)
            if here is None:
                space = space_of(self.actor, find_space_owner(self.project, kind, uid))
                rows = ArtifactFile.objects.filter(space=space, live=True).values_list("folder", "name", "size")
                here = {f"{folder}{name}": length for folder, name, length in rows}
            if here.get(path) == size:
                self.report.count("files", is_new=False)
                continue
            opened = self.source.run_file(uid, path) if of_run else self.source.model_file(uid, path)
            if self._attempt(f"file {path} of {uid}", partial(self._store, space, path, opened)) is None:
                self.incomplete.add(uid)
        return True

    def _store(self, space: Any, path: str, opened: AbstractContextManager[requests.Response]) -> bool:
        with opened as answer:
            answer.raw.decode_content = True
            length = None if answer.headers.get("Content-Encoding") else answer.headers.get("Content-Length")
            read = partial(_read, answer)
            store_file(self.actor, space, path, Incoming(read, length=int(length) if length else None))
        self.report.count("files", is_new=True)
        return True

    # --- Registered models --------------------------------------------------------------------------------------------

    def _carry_registered_model(self, said: dict[str, Any]) -> None:
        name = said["name"]
        known = RegisteredModel.objects.filter(
            project=self.project, name=name, lifecycle=RegistryLifecycle.ACTIVE
        ).first()
        model = known or self._attempt(f"model {name}", lambda: self._make_model(said))
        if model is None:
            return
        self.report.count("models", is_new=known is None)
        for version in self.source.versions(name):
            carry = partial(self._carry_version, model, version)
            self._try(f"{name} version {version['version']}", "versions", carry)
        for alias in said.get("aliases", []):
            self._carry_alias(model, alias)
        self.say(f"model {name}: done")

    def _make_model(self, said: dict[str, Any]) -> RegisteredModel:
        tags = {tag["key"]: tag["value"] for tag in said.get("tags", [])} | {f"{_MARK}.from": self.source.address}
        description = said.get("description", "")
        return registry.create_registered_model(
            self.actor, self.project, said["name"], tags=tags, description=description
        )

    def _carry_version(self, model: RegisteredModel, said: dict[str, Any]) -> bool:
        number, stage = int(said["version"]), said.get("current_stage", "None")
        if (known := ModelVersion.objects.filter(model=model, number=number).first()) is not None:
            if known.stage != stage and known.stage_intervals.count() == 1:
                self._enter(known, stage)
            return False
        marks = {"user": said.get("user_id", ""), "created_at": str(said.get("creation_timestamp", ""))}
        marks |= {"stage": stage} if stage != "None" else {}
        tags = {tag["key"]: tag["value"] for tag in said.get("tags", [])}
        source, run_uid, model_uid = _origin(said)
        version = registry.create_model_version(
            self.actor,
            RegisteredModel.objects.get(pk=model.pk),
            source,
            run_uid=run_uid,
            logged_model_uid=model_uid,
            tags=tags | {f"{_MARK}.{key}": value for key, value in marks.items() if value},
            description=said.get("description", ""),
            number=number,
        )
        if stage != "None":
            self._enter(version, stage)
        return True

    def _enter(self, version: ModelVersion, stage: str) -> None:
        """Let a version enter the stage it was in; it is frozen then, so not before its files are here."""
        thing = f"stage {stage} of {version.model.name} {version.number}"
        if {version.run_uid, version.logged_model and version.logged_model.uid} & self.incomplete:
            self.report.leave(thing, "its files are not all here")
            return
        reason = f"It was in {stage} at {self.source.address}."
        self._attempt(thing, lambda: registry.transition_stage(self.actor, version, Stage(stage), reason=reason))

    def _carry_alias(self, model: RegisteredModel, said: dict[str, Any]) -> None:
        version = ModelVersion.objects.filter(model=model, number=int(said["version"])).first()
        if version is None:
            self.report.leave(f"alias {said['alias']} of {model.name}", "its version was not carried")
        else:
            self._attempt(
                f"alias {said['alias']} of {model.name}",
                lambda: registry.set_alias(self.actor, version, said["alias"]),
            )

    # --- Saying what went wrong ---------------------------------------------------------------------------------------

    def _try(self, thing: str, kind: str, carry: Callable[[], bool]) -> bool:
        """Carry a thing and count it; False when it had to stay behind."""
        is_new = self._attempt(thing, carry)
        if is_new is None:
            return False
        self.report.count(kind, is_new)
        return True

    def _attempt(self, thing: str, carry: Callable[[], Any]) -> Any:
        try:
            return carry()
        except Unavailable:
            raise  # to start again later is better than to leave everything behind
        except Refusal as refusal:
            self.report.leave(thing, refusal)
            return None


def _read(answer: requests.Response, size: int) -> bytes:
    data: bytes = answer.raw.read(min(size, _CHUNK))
    return data


def _without_name(tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [tag for tag in tags if tag["key"] != "mlflow.runName"]


def _status(said: Any) -> str:
    """The status in the words of the protocol; servers write it as a word or a number."""
    return _STATUSES.get(said, str(said))


def _origin(said: dict[str, Any]) -> tuple[str, str | None, str | None]:
    """The source of a version in words that hold here: its logged model, or its run and the path in it."""
    source, run, model = said.get("source", ""), said.get("run_id") or None, said.get("model_id") or None
    if source.startswith("models:/m-"):
        return source, run, source.removeprefix("models:/").partition("/")[0]
    _, separator, path = source.partition(f"/{run}/artifacts/") if run else ("", "", "")
    if separator:
        return f"runs:/{run}/{path}", run, model
    return source, run, model
