"""Nodes and edges as they are asked for."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models

from accounts.principals import Principal
from accounts.roles import Action
from audit.models import AuditedQuerySet
from lineage.keys import hash_of

if TYPE_CHECKING:
    from lineage.models import AccessQuestion, Edge, Node, Recall  # noqa: F401


class NodeQuerySet(models.QuerySet["Node"]):
    """Nodes of the graph, whoever may see them."""

    def with_keys(self, keys: Iterable[str]) -> "NodeQuerySet":
        """Keep the nodes with these keys."""
        return self.filter(key_hash__in=[hash_of(key) for key in keys])


class EdgeQuerySet(models.QuerySet["Edge"]):
    """Edges of the graph, whoever may see them."""


class RecallQuerySet(AuditedQuerySet["Recall"]):
    """Recalls of nodes, whoever may see them."""

    def open(self) -> "RecallQuerySet":
        """Keep those that nobody has cleared."""
        return self.filter(until=None)


class AccessQuestionQuerySet(AuditedQuerySet["AccessQuestion"]):
    """Questions whether somebody may see what is hidden from them."""

    def answerable_by(self, principal: Principal) -> "AccessQuestionQuerySet":
        """Keep those that the principal may answer: whoever gives roles there, but not the asker."""
        mine = self.filter(project__in=principal.project_ids_with(Action.GRANT))
        return mine.exclude(request__asker=principal.user)

    def open(self) -> "AccessQuestionQuerySet":
        """Keep those that wait for an answer."""
        return self.filter(state="open")
