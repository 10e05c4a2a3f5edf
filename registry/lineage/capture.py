"""Telling the graph what an operation of the registry stores, within the same transaction."""

from collections.abc import Collection, Mapping

from accounts.principals import Principal
from artifacts.uris import VersionUri
from audit.exceptions import InvalidInput
from lineage.recording import record_facts
from registry.lineage.telling import place_of, tell_version, tell_version_tags, version_thing
from registry.models import AliasInterval, ModelVersion
from registry.querysets import ModelVersionQuerySet
from registry.rules import alias_key, parse_stage
from tracking.lineage import says
from tracking.lineage.facts import Facts
from tracking.lineage.lookups import Reference, Seen, look_up


def capture_version(actor: Principal, version: ModelVersion, tags: Mapping[str, str]) -> None:
    """A version was registered."""
    facts = Facts()
    tell_version(facts, version)
    if says.BASE_MODEL in tags:
        _tell_base(facts, actor, version, tags)
    record_facts(place_of(version.model), facts.things.values(), facts.flows)


def capture_version_tags(actor: Principal, version: ModelVersion, tags: Mapping[str, str]) -> None:
    """A version was given tags."""
    if says.BASE_MODEL in tags:
        capture_version(actor, ModelVersion.objects.select_related(*MAKERS).get(pk=version.pk), tags)


#: What has to be read with a version before it can be told.
MAKERS = (
    "model",
    "run__experiment",
    "logged_model__experiment",
    "logged_model__source_run__experiment",
    "copied_from__model",
)


def _tell_base(facts: Facts, actor: Principal, version: ModelVersion, tags: Mapping[str, str]) -> None:
    found = look_up(version.project_id, names=[tags[says.BASE_MODEL]])
    tell_version_tags(facts, version, tags, Seen(actor, found))


def find_versions(project_id: int, uris: Collection[VersionUri]) -> Mapping[VersionUri, Reference]:
    """The versions that ``models:/`` addresses name in a project, resolved to what they stand for now."""
    found = {}
    for uri in uris:
        versions = ModelVersion.objects.active().filter(
            project_id=project_id, model__name=uri.name, model__lifecycle="active"
        )
        if version := _chosen(uri, versions.select_related("model")):
            found[uri] = Reference(version_thing(version), version)
    return found


def _chosen(uri: VersionUri, versions: ModelVersionQuerySet) -> ModelVersion | None:
    if uri.version is not None:
        return versions.filter(number=uri.version).first()
    if uri.alias:
        standing = AliasInterval.objects.open().filter(key=alias_key(uri.alias))
        return versions.filter(pk__in=standing.values("version")).first()
    if uri.stage:
        try:
            stage = parse_stage(uri.stage)
        except InvalidInput:
            return None
        return versions.filter(stage=stage).order_by("-stage_since", "-number").first()
    return versions.order_by("-number").first()
