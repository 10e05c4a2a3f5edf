"""Telling the graph what an operation of tracking stores, within the same transaction.

What most runs send costs little: a run two statements, and what says nothing of where things come from none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from accounts.models import Project
from accounts.principals import Principal
from lineage import keys
from lineage.recording import record_facts
from lineage.vocabulary import EdgeKind, EdgeRole
from tracking.lineage import says
from tracking.lineage.datasets import DatasetRead, read_dataset
from tracking.lineage.descriptions import description_of
from tracking.lineage.facts import Facts, place_of, run_thing
from tracking.lineage.lookups import Found, Seen, look_up
from tracking.lineage.telling import (
    base_of_description,
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
from tracking.models import Dataset, LoggedModel, LoggedModelTag, Run, RunInput, RunTag
from tracking.rows import RunHead
from tracking.rules import DatasetInput


def capture_run(actor: Principal, project: Project, run: Run, tags: Mapping[str, str]) -> None:
    """A run started."""
    facts = Facts()
    tell_run(facts, run, tags)
    if says.says_something(tags):
        tell_run_tags(facts, run, tags, _seen_by_tags(actor, project, [tags]))
    _record(run, facts)


def capture_tags(actor: Principal, project: Project, runs: Iterable[Run | RunHead], tags: Mapping[str, str]) -> None:
    """Runs were given tags; nothing to do for tags that say nothing of where things come from."""
    if not says.says_something(tags):
        return
    held = list(runs)
    others = _other_tags(held, says.related(tags))
    seen = _seen_by_tags(actor, project, [tags])
    by_experiment: dict[int, Facts] = {}
    for run in held:
        facts = by_experiment.setdefault(run.experiment_id, Facts())
        facts.add(run_thing(run))
        tell_run_tags(facts, run, {**others.get(run.pk, {}), **tags}, seen)
    for experiment_id, facts in by_experiment.items():
        record_facts(place_of(project.pk, experiment_id), facts.things.values(), facts.flows)


def capture_inputs(
    actor: Principal, project: Project, run: RunHead, inputs: Sequence[DatasetInput], models: Iterable[LoggedModel]
) -> None:
    """A run read datasets and logged models."""
    facts = Facts()
    facts.add(run_thing(run))
    read = [read_dataset(project.slug, item) for item in inputs]
    tell_datasets(facts, run, read, Seen(actor, look_up(project, datasets=read)))
    tell_model_inputs(facts, run, models)
    _record(run, facts)


def capture_outputs(run: RunHead, models: Iterable[LoggedModel]) -> None:
    """A run made logged models."""
    facts = Facts()
    facts.add(run_thing(run))
    tell_outputs(facts, run, models)
    _record(run, facts)


def capture_logged_model(actor: Principal, project: Project, model: LoggedModel, tags: Mapping[str, str]) -> None:
    """A logged model was made, by a run or by hand."""
    facts = Facts()
    tell_logged_model(facts, model)
    if says.BASE_MODEL in tags:
        tell_model_tags(facts, model, tags, _seen_by_tags(actor, project, [tags]))
    _record(model, facts)


def capture_model_tags(actor: Principal, project: Project, model: LoggedModel, tags: Mapping[str, str]) -> None:
    """A logged model was given tags."""
    if says.BASE_MODEL in tags:
        capture_logged_model(actor, project, model, tags)


def capture_model_files(actor: Principal, model: LoggedModel) -> None:
    """The files of a logged model are complete."""
    base = base_of_description(description_of(actor, model))
    if base is not None:
        facts = Facts()
        tell_logged_model(facts, model)
        facts.link(facts.add(base), keys.logged_model(model.uid), EdgeKind.DERIVED, EdgeRole.BASE_MODEL)
        _record(model, facts)


def capture_model_history(run: RunHead, description: Mapping[str, Any]) -> None:
    """A client before MLflow 3 described a model that the run saved."""
    facts = Facts()
    facts.add(run_thing(run))
    tell_model_flavors(facts, run, description)
    if facts.flows:
        _record(run, facts)


def capture_evaluations(
    actor: Principal, project: Project, run: RunHead, measured: Iterable[tuple[LoggedModel, str, str]]
) -> None:
    """A run measured logged models, each perhaps on a dataset, by name and digest."""
    pairs = {
        (model.uid, name, digest): model for model, name, digest in measured if name or model.source_run_id != run.pk
    }
    if not pairs:
        return
    read = _inputs_named(project, run, {(name, digest) for _, name, digest in pairs if name})
    facts = Facts()
    facts.add(run_thing(run))
    seen = Seen(actor, look_up(project, datasets=read.values()))
    tell_evaluations(facts, run, [(model, read.get((n, d)), n, d) for (_, n, d), model in pairs.items()], seen)
    _record(run, facts)


def _record(owner: Run | RunHead | LoggedModel, facts: Facts) -> None:
    project_id = owner.project_id if isinstance(owner, RunHead) else owner.experiment.project_id
    record_facts(place_of(project_id, owner.experiment_id), facts.things.values(), facts.flows)


def _seen_by_tags(actor: Principal, project: Project, tags: Sequence[Mapping[str, str]]) -> Seen:
    parents = {uid for each in tags if (uid := says.parent_of(each))}
    names = {each[says.BASE_MODEL] for each in tags if says.BASE_MODEL in each}
    return Seen(actor, look_up(project, runs=parents, names=names) if parents or names else Found())


def _other_tags(runs: Sequence[Run | RunHead], keys: set[str]) -> dict[int, dict[str, str]]:
    """Tags the runs have already, without which the new ones say only half."""
    tags: dict[int, dict[str, str]] = {}
    if keys:
        rows = RunTag.objects.filter(run_id__in=[run.pk for run in runs], key__in=keys)
        for run_id, key, value in rows.values_list("run_id", "key", "value"):
            tags.setdefault(run_id, {})[key] = value
    return tags


def _inputs_named(project: Project, run: RunHead, names: set[tuple[str, str]]) -> dict[tuple[str, str], DatasetRead]:
    """The run's inputs with these names and digests, as the graph knows them."""
    if not names:
        return {}
    rows = RunInput.objects.filter(run_id=run.pk, dataset__name__in={name for name, _ in names})
    found = rows.select_related("dataset").prefetch_related("tags")
    reads = {(row.dataset.name, row.dataset.digest): read_dataset(project.slug, input_of(row)) for row in found}
    return {key: read for key, read in reads.items() if key in names}


def input_of(row: RunInput) -> DatasetInput:
    """A stored input as a client describes one."""
    dataset: Dataset = row.dataset
    tags = {tag.key: tag.value for tag in row.tags.all()}
    return DatasetInput(dataset.name, dataset.digest, dataset.source_type, dataset.source, None, None, tags)


def tags_of_model(model: LoggedModel) -> dict[str, str]:
    """The tags of a logged model that say where it comes from."""
    return dict(LoggedModelTag.objects.filter(logged_model=model, key=says.BASE_MODEL).values_list("key", "value"))
