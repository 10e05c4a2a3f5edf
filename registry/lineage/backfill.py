"""Telling the graph of versions that were stored before it was there, by the same words as `capture`."""

from accounts.models import Project
from accounts.principals import System
from accounts.roles import Action
from audit.operation import bulk_write, require
from lineage.recording import record_facts
from registry.lineage.capture import MAKERS
from registry.lineage.telling import place_of, tell_version, tell_version_tags
from registry.models import ModelVersion, ModelVersionTag
from tracking.lineage import says
from tracking.lineage.backfill import Owners
from tracking.lineage.facts import Facts
from tracking.lineage.lookups import Seen, look_up


@bulk_write
def capture_versions(actor: System, after: int, size: int) -> int | None:
    """Tell of the versions with keys above ``after``, with what they were registered from."""
    rows = ModelVersion.objects.select_related(*MAKERS, "project", "creator").filter(pk__gt=after)
    versions = list(rows.order_by("pk")[:size])
    projects = {version.project_id: version.project for version in versions}
    for project in projects.values() or [Project.objects.earliest("pk")]:
        require(Action.ADMINISTER, project)
    tags = ModelVersionTag.objects.filter(version__in=versions, key=says.BASE_MODEL)
    bases = dict(tags.values_list("version_id", "value"))
    owners = Owners()
    for version in versions:
        facts = Facts()
        tell_version(facts, version)
        if version.pk in bases:
            seen = Seen(owners.principal(version.creator), look_up(version.project_id, names=[bases[version.pk]]))
            tell_version_tags(facts, version, {says.BASE_MODEL: bases[version.pk]}, seen)
        record_facts(place_of(version.model), facts.things.values(), facts.flows)
    return versions[-1].pk if versions else None
