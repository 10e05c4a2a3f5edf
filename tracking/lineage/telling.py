"""What tracking's rows mean as nodes and edges. Nothing here reads or writes; `lookups` found what is referred to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lineage import keys
from lineage.facts import Thing
from lineage.vocabulary import Basis, EdgeKind, EdgeRole, NodeKind
from tracking.lineage import says
from tracking.lineage.datasets import DatasetRead
from tracking.lineage.facts import Facts, model_thing, run_thing
from tracking.lineage.lookups import Seen
from tracking.models import LoggedModel, Run
from tracking.rows import RunHead

AnyRun = Run | RunHead


def tell_run(facts: Facts, run: AnyRun, tags: Mapping[str, str]) -> None:
    """The run itself."""
    facts.add(run_thing(run, says.props_of(tags)))


def tell_run_tags(facts: Facts, run: AnyRun, tags: Mapping[str, str], seen: Seen) -> None:
    """What the run's tags say."""
    says.tell_tags(facts, run.uid, tags)
    if (uid := says.parent_of(tags)) and (parent := seen.run(uid)):
        facts.link(facts.add(parent), keys.run(run.uid), EdgeKind.PART_OF)
    if base := seen.named(tags.get(says.BASE_MODEL, "")):
        facts.link(facts.add(base), keys.run(run.uid), EdgeKind.USED, EdgeRole.BASE_MODEL, Basis.DECLARED)


def tell_datasets(facts: Facts, run: AnyRun, datasets: Iterable[DatasetRead], seen: Seen) -> None:
    """Datasets that the run read, or wrote when the client said so, and who made those that lie among artifacts."""
    run_key = keys.run(run.uid)
    for read in datasets:
        version = tell_dataset(facts, run, read, seen)
        if read.is_output:
            facts.link(run_key, version, EdgeKind.GENERATED, EdgeRole.DATA)
        else:
            facts.link(version, run_key, EdgeKind.USED, read.role)


def tell_dataset(facts: Facts, run: AnyRun, read: DatasetRead, seen: Seen) -> str:
    """The state of a dataset; returns its key."""
    maker = read.source.maker
    version = facts.add(read.version(run.uid, seen.file_sha256(maker)))
    facts.link(facts.add(read.collection), version, EdgeKind.HAS_VERSION)
    if maker and maker.uid != run.uid and (made_by := seen.maker(maker)):
        is_run = made_by.kind == NodeKind.RUN
        kind = EdgeKind.GENERATED if is_run else EdgeKind.DERIVED
        facts.link(facts.add(made_by), version, kind, EdgeRole.DATA)
    return version


def tell_model_inputs(facts: Facts, run: AnyRun, models: Iterable[LoggedModel]) -> None:
    """Logged models that the run used. What it made itself is no input, though clients say so when they evaluate it."""
    for model in models:
        if model.source_run_id != run.pk:
            facts.link(facts.add(model_thing(model)), keys.run(run.uid), EdgeKind.USED, EdgeRole.BASE_MODEL)


def tell_outputs(facts: Facts, run: AnyRun, models: Iterable[LoggedModel]) -> None:
    """Logged models that the run made."""
    for model in models:
        facts.link(keys.run(run.uid), facts.add(model_thing(model)), EdgeKind.GENERATED, EdgeRole.MODEL)


def tell_logged_model(facts: Facts, model: LoggedModel) -> None:
    """A logged model and the run it came from."""
    key = facts.add(model_thing(model))
    if model.source_run is not None:
        facts.link(facts.add(run_thing(model.source_run)), key, EdgeKind.GENERATED, EdgeRole.MODEL)


def tell_model_tags(facts: Facts, model: LoggedModel, tags: Mapping[str, str], seen: Seen) -> None:
    """What the tags of a logged model say: the model it was made from."""
    named = tags.get(says.BASE_MODEL, "")
    if base := seen.named(named) or says.outside_model(named):
        key = keys.logged_model(model.uid)
        facts.link(facts.add(base), key, EdgeKind.DERIVED, EdgeRole.BASE_MODEL, Basis.DECLARED)


def tell_model_flavors(facts: Facts, run: AnyRun, description: Mapping[str, Any]) -> None:
    """What the description of a saved model (the content of its file ``MLmodel``) says: the model it was made from."""
    if base := base_of_description(description):
        facts.link(facts.add(base), keys.run(run.uid), EdgeKind.USED, EdgeRole.BASE_MODEL)


def base_of_description(description: Mapping[str, Any]) -> Thing | None:
    """The model of a hub that MLflow's flavor ``transformers`` says a model was loaded from."""
    flavors = description.get("flavors")
    said = flavors.get("transformers") if isinstance(flavors, Mapping) else None
    name = said.get("source_model_name") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(name, str) or name.startswith((".", "/")):
        return None
    revision = said.get("source_model_revision")
    return says.outside_model(f"{name}@{revision}" if isinstance(revision, str) and revision else name)


def tell_evaluations(
    facts: Facts, run: AnyRun, measured: Sequence[tuple[LoggedModel, DatasetRead | None, str, str]], seen: Seen
) -> None:
    """Logged models that the run measured, each perhaps on a dataset, by its name and digest."""
    run_key = keys.run(run.uid)
    for model, read, name, digest in measured:
        on = f" on {name} ({digest})" if name else ""
        key = keys.evaluation(run_key, f"{model.uid}{on}")
        facts.add(Thing(NodeKind.EVALUATION, key, f"{model.name}{on}"))
        facts.link(run_key, key, EdgeKind.GENERATED)
        facts.link(facts.add(model_thing(model)), key, EdgeKind.EVALUATED, EdgeRole.MODEL)
        if read is not None:
            facts.link(tell_dataset(facts, run, read, seen), key, EdgeKind.EVALUATED, EdgeRole.DATA)
