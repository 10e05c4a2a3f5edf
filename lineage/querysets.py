"""Nodes and edges as they are asked for."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models

from lineage.keys import hash_of

if TYPE_CHECKING:
    from lineage.models import Edge, Node  # noqa: F401


class NodeQuerySet(models.QuerySet["Node"]):
    """Nodes of the graph, whoever may see them."""

    def with_keys(self, keys: Iterable[str]) -> "NodeQuerySet":
        """Keep the nodes with these keys."""
        return self.filter(key_hash__in=[hash_of(key) for key in keys])


class EdgeQuerySet(models.QuerySet["Edge"]):
    """Edges of the graph, whoever may see them."""
