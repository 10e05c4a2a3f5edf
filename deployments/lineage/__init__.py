"""What deployments tell the graph: which version began to run where, and that it no longer does."""

from deployments.lineage.capture import capture_state

__all__ = ["capture_state"]
