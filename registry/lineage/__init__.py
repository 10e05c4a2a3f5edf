"""What the registry tells the graph: what a version was made of."""

from registry.lineage.capture import capture_version, capture_version_tags

__all__ = ["capture_version", "capture_version_tags"]
