"""Makes the registry known to the graph, and to what tracking refers to. Called when the app is ready."""

from lineage import backfill, kinds, visibility
from registry.lineage import kinds as ours
from registry.lineage.backfill import capture_versions
from registry.lineage.capture import find_versions
from tracking.lineage.lookups import register_versions


def register() -> None:
    """Say what models and versions are called, and which models have grants of their own."""
    kinds.register(ours.VERSIONS, ours.describe_versions)
    kinds.register(ours.MODELS, ours.describe_models)
    kinds.register_name("version", ours.find_versions_by_name)
    kinds.register_name("model", ours.find_models_by_name)
    visibility.register("model", ours.models_apart)
    backfill.register("versions", capture_versions)
    register_versions(find_versions)
