"""Telling the graph of runs and logged models that were stored before it was there, by the same words as `capture`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import orjson
from django.db.models import Q

from accounts.models import Project, User
from accounts.principals import Principal, System
from accounts.roles import Action
from audit.operation import bulk_write, require
from lineage.recording import record_facts
from tracking.lineage import says
from tracking.lineage.capture import input_of
from tracking.lineage.datasets import DatasetRead, read_dataset
from tracking.lineage.facts import Facts, place_of
from tracking.lineage.lookups import Seen, look_up
from tracking.lineage.telling import (
    tell_datasets,
    tell_evaluations,
    tell_logged_model,
    tell_model_flavors,
    tell_model_inputs,
    tell_model_tags,
    tell_outputs,
    tell_run,
    tell_run_tags,
)
from tracking.models import (
    LoggedModel,
    LoggedModelMetric,
    LoggedModelTag,
    Run,
    RunInput,
    RunModelInput,
    RunOutput,
    RunTag,
)

_HISTORY = "mlflow.log-model.history"


@bulk_write
def capture_runs(actor: System, after: int, size: int) -> int | None:
    """Tell of the runs with keys above ``after``, with everything they read and made."""
    rows = Run.objects.select_related("experiment__project", "owner").filter(pk__gt=after).order_by("pk")[:size]
    runs = list(rows)
    _require_all(actor, runs)
    owners = Owners()
    for _, group in groupby(sorted(runs, key=lambda run: run.experiment_id), key=lambda run: run.experiment_id):
        _tell_group(list(group), owners)
    return runs[-1].pk if runs else None


@bulk_write
def capture_logged_models(actor: System, after: int, size: int) -> int | None:
    """Tell of the logged models with keys above ``after``."""
    rows = LoggedModel.objects.select_related("experiment__project", "source_run__experiment", "owner")
    models = list(rows.filter(pk__gt=after).order_by("pk")[:size])
    _require_all(actor, models)
    tags = LoggedModelTag.objects.filter(logged_model__in=models, key=says.BASE_MODEL)
    bases = dict(tags.values_list("logged_model_id", "value"))
    owners = Owners()
    for model in models:
        facts = Facts()
        tell_logged_model(facts, model)
        if model.pk in bases:
            found = look_up(model.experiment.project, names=[bases[model.pk]])
            seen = Seen(owners.principal(model.owner), found)
            tell_model_tags(facts, model, {says.BASE_MODEL: bases[model.pk]}, seen)
        record_facts(place_of(model.experiment.project_id, model.experiment_id), facts.things.values(), facts.flows)
    return models[-1].pk if models else None


class Owners:
    """Those who logged, as principals: what they may not see, they did not refer to."""

    def __init__(self) -> None:
        self._known: dict[int, Principal] = {}

    def principal(self, user: User | None) -> Principal | None:
        """The person as they are now."""
        if user is None:
            return None
        return self._known.setdefault(user.pk, Principal(user, auth="session"))


def _require_all(actor: System, rows: Iterable[Run] | Iterable[LoggedModel]) -> None:
    projects = {row.experiment.project_id: row.experiment.project for row in rows}
    for project in projects.values() or [Project.objects.earliest("pk")]:
        require(Action.ADMINISTER, project)


def _tell_group(runs: list[Run], owners: Owners) -> None:
    """The runs of one experiment."""
    project = runs[0].experiment.project
    tags, reads = _tags(runs), _datasets(runs, project.slug)
    inputs, outputs, measured = _linked(RunModelInput, runs), _linked(RunOutput, runs), _measured(runs)
    parents = {uid for each in tags.values() if (uid := says.parent_of(each))}
    names = {each[says.BASE_MODEL] for each in tags.values() if says.BASE_MODEL in each}
    every = [read for of_run in reads.values() for read in of_run.values()]
    found = look_up(project, runs=parents, datasets=every, names=names)
    facts = Facts()
    for run in runs:
        of_run = _Of(tags[run.pk], reads[run.pk], inputs[run.pk], outputs[run.pk], measured[run.pk])
        _tell_run(facts, run, of_run, Seen(owners.principal(run.owner), found))
    record_facts(place_of(project.pk, runs[0].experiment_id), facts.things.values(), facts.flows)


class _Of:
    """What was logged to one run."""

    def __init__(
        self,
        tags: Mapping[str, str],
        reads: Mapping[tuple[str, str], DatasetRead],
        inputs: list[LoggedModel],
        outputs: list[LoggedModel],
        measured: list[tuple[LoggedModel, str, str]],
    ) -> None:
        self.tags, self.reads, self.inputs, self.outputs, self.measured = tags, reads, inputs, outputs, measured


def _tell_run(facts: Facts, run: Run, of_run: _Of, seen: Seen) -> None:
    tell_run(facts, run, of_run.tags)
    tell_run_tags(facts, run, of_run.tags, seen)
    for description in _descriptions(of_run.tags.get(_HISTORY, "")):
        tell_model_flavors(facts, run, description)
    tell_datasets(facts, run, of_run.reads.values(), seen)
    tell_model_inputs(facts, run, of_run.inputs)
    tell_outputs(facts, run, of_run.outputs)
    told = [
        (model, of_run.reads.get((name, digest)), name, digest)
        for model, name, digest in of_run.measured
        if name or model.source_run_id != run.pk
    ]
    tell_evaluations(facts, run, told, seen)


def _tags(runs: list[Run]) -> dict[int, dict[str, str]]:
    wanted = Q(key__in={*says.TAGS, says.SOURCE_NAME, _HISTORY}) | Q(key__startswith="stagekeeper.")
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for run_id, key, value in RunTag.objects.filter(wanted, run__in=runs).values_list("run_id", "key", "value"):
        found[run_id][key] = value
    return found


def _datasets(runs: list[Run], slug: str) -> dict[int, dict[tuple[str, str], DatasetRead]]:
    found: dict[int, dict[tuple[str, str], DatasetRead]] = defaultdict(dict)
    for row in RunInput.objects.filter(run__in=runs).select_related("dataset").prefetch_related("tags").order_by("pk"):
        found[row.run_id][row.dataset.name, row.dataset.digest] = read_dataset(slug, input_of(row))
    return found


def _linked(kind: type[RunModelInput] | type[RunOutput], runs: list[Run]) -> dict[int, list[LoggedModel]]:
    found: dict[int, list[LoggedModel]] = defaultdict(list)
    for row in kind.objects.filter(run__in=runs).select_related("logged_model__experiment").order_by("pk"):
        found[row.run_id].append(row.logged_model)
    return found


def _measured(runs: list[Run]) -> dict[int, list[tuple[LoggedModel, str, str]]]:
    columns = ("run_id", "logged_model_id", "dataset_name", "dataset_digest")
    rows = list(LoggedModelMetric.objects.filter(run__in=runs).values_list(*columns).distinct())
    models = LoggedModel.objects.select_related("experiment").in_bulk({row[1] for row in rows})
    found: dict[int, list[tuple[LoggedModel, str, str]]] = defaultdict(list)
    for run_id, model_id, name, digest in rows:
        found[run_id].append((models[model_id], name, digest))
    return found


def _descriptions(history: str) -> list[Mapping[str, Any]]:
    try:
        said = orjson.loads(history) if history else []
    except orjson.JSONDecodeError:
        return []
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
