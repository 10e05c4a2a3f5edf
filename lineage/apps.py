"""Registers lineage with Django."""

from django.apps import AppConfig


class LineageConfig(AppConfig):
    """The graph of what was made from what."""

    name = "lineage"

    def ready(self) -> None:
        """Say that every row is a fact."""
        from audit import triggers
        from lineage import models

        facts = (models.IngestEvent, models.Node, models.Edge, models.Share, models.Mark, models.RecallWaiver)
        for model in facts:
            triggers.append_only(model)
