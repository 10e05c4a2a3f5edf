"""What versions mean as nodes and edges. Nothing here reads or writes."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from lineage import keys
from lineage.facts import Place, Thing
from lineage.models import Scope
from lineage.vocabulary import Basis, EdgeKind, EdgeRole, NodeKind
from registry.models import ModelVersion, RegisteredModel
from tracking.lineage import says
from tracking.lineage.facts import Facts, model_thing, run_thing
from tracking.lineage.lookups import Seen

#: The tracker of runs that a client named and this server does not have.
ELSEWHERE: Final = "elsewhere"


def place_of(model: RegisteredModel) -> Place:
    """The scope of a model and its versions."""
    return Place(model.project_id, Scope.Kind.MODEL, model.pk)


def collection_thing(model: RegisteredModel) -> Thing:
    """A registered model as a node, at home in itself."""
    return Thing(NodeKind.MODEL, keys.model(model.pk), model.name, at=model.created_at, home=place_of(model))


def version_thing(version: ModelVersion) -> Thing:
    """A version as a node, at home in its model."""
    return Thing(
        NodeKind.MODEL_VERSION,
        keys.model_version(version.model_id, version.number),
        str(version),
        at=version.created_at,
        home=place_of(version.model),
    )


def tell_version(facts: Facts, version: ModelVersion) -> None:
    """A version, its model, and what it was registered from."""
    key = facts.add(version_thing(version))
    facts.link(facts.add(collection_thing(version.model)), key, EdgeKind.HAS_VERSION)
    if version.copied_from is not None:
        facts.link(facts.add(version_thing(version.copied_from)), key, EdgeKind.DERIVED, EdgeRole.COPY)
        return
    logged_model = version.logged_model
    if logged_model is not None:
        facts.link(facts.add(model_thing(logged_model)), key, EdgeKind.DERIVED, EdgeRole.MODEL)
        if logged_model.source_run is not None:
            made = facts.add(run_thing(logged_model.source_run))
            facts.link(made, keys.logged_model(logged_model.uid), EdgeKind.GENERATED, EdgeRole.MODEL)
    elif version.run is not None:
        facts.link(facts.add(run_thing(version.run)), key, EdgeKind.GENERATED, EdgeRole.MODEL)
    elif version.run_uid:
        run = Thing(NodeKind.RUN, keys.run(version.run_uid, tracker=ELSEWHERE), version.run_uid, home=None)
        facts.link(facts.add(run), key, EdgeKind.GENERATED, EdgeRole.MODEL, Basis.DECLARED)
    if not version.space_uid and not version.is_prompt:
        facts.link(facts.add(_outside(version)), key, EdgeKind.DERIVED, EdgeRole.MODEL)


def tell_version_tags(facts: Facts, version: ModelVersion, tags: Mapping[str, str], seen: Seen) -> None:
    """What the tags of a version say: the model it was made from."""
    named = tags.get(says.BASE_MODEL, "")
    if base := seen.named(named) or says.outside_model(named):
        key = facts.add(version_thing(version))
        facts.link(facts.add(base), key, EdgeKind.DERIVED, EdgeRole.BASE_MODEL, Basis.DECLARED)


def _outside(version: ModelVersion) -> Thing:
    """Where the files of a version lie when this server does not keep them: nobody here can say that they stay so."""
    parts = urlsplit(version.location)
    host = parts.netloc if parts.scheme in {"abfss", "wasbs"} else parts.netloc.rpartition("@")[2]
    address = urlunsplit((parts.scheme, host, parts.path, "", ""))
    return Thing(NodeKind.EXTERNAL, keys.external(parts.scheme or "place", address), address)
