"""Saying that a node is bad, and that it is not after all."""

from typing import Final

from django.db import IntegrityError, transaction

from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.exceptions import InvalidInput
from audit.operation import after_commit, operation, record, require
from lineage.exceptions import MayNotClear, RecallCleared, RecalledAlready
from lineage.models import Mark, Node, Recall, RecallWaiver
from lineage.moments import now
from lineage.recalls import tell
from lineage.vocabulary import MarkKind

SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 4_000


@operation
def recall_node(actor: Principal, node: Node, *, reason: str) -> Recall:
    """Say that a node is bad. Everything that was or will be made of it shows it, and is not promoted until waived.

    Takes the right to lower stages in the project where the node was first seen. Raises `RecalledAlready`.
    """
    require(Action.RETIRE, node)
    check_reason(reason, "what is wrong with it")
    moment = now()
    try:
        with transaction.atomic():
            recall = Recall.objects.create(
                project_id=node.scope.project_id, node=node, reason=reason.strip(), since=moment, actor=actor.user
            )
    except IntegrityError as error:
        raise RecalledAlready(f"{node.label} is recalled already: clear that first.") from error
    Mark.objects.create(
        node=node, kind=MarkKind.RECALLED, at=moment, recorded_at=moment, actor=actor.user, reason=recall.reason
    )
    record(EventType.RECALL_BEGUN, recall, after={"node": node.pk, "kind": node.get_kind_display()}, reason=reason)
    after_commit(tell, recall.pk)
    return recall


@operation
def clear_recall(actor: Principal, recall: Recall, *, finding: str) -> Recall:
    """Say that a recalled node is not bad after all. Takes another person than the one who recalled it, signed in.

    Raises `MayNotClear` and `RecallCleared`.
    """
    require(Action.DECIDE, recall)
    if recall.actor_id == actor.user.pk:
        raise MayNotClear("You recalled it yourself: let another approver clear it.")
    check_reason(finding, "what you found")
    Recall.objects.locked(recall.pk)
    recall = Recall.objects.select_related("node__scope").get(pk=recall.pk)
    if not recall.is_open:
        raise RecallCleared("This recall was cleared before.")
    recall.until, recall.cleared_by, recall.finding = now(), actor.user, finding.strip()
    recall.save(update_fields=["until", "cleared_by", "finding"])
    Mark.objects.create(
        node=recall.node,
        kind=MarkKind.CLEARED,
        at=recall.until,
        recorded_at=recall.until,
        actor=actor.user,
        reason=recall.finding,
    )
    record(EventType.RECALL_CLEARED, recall, before={"open": True}, after={"open": False}, reason=finding)
    after_commit(tell, recall.pk)
    return recall


@operation
def waive_recall(actor: Principal, recall: Recall, node: Node, *, reason: str) -> RecallWaiver:
    """Let something stay in use, and be promoted, although something it was made of is recalled.

    Takes an approver of its project, signed in, who is not the one who recalled. Harmless when that was done before.
    """
    require(Action.DECIDE, node)
    if recall.actor_id == actor.user.pk:
        raise MayNotClear("You recalled it yourself: let another approver decide what may stay in use.")
    check_reason(reason, "why it may stay in use")
    recall = Recall.objects.locked(recall.pk)
    if not recall.is_open:
        raise RecallCleared("This recall was cleared before: there is nothing to waive.")
    if (waiver := RecallWaiver.objects.filter(recall=recall, node=node).first()) is not None:
        return waiver
    waiver = RecallWaiver.objects.create(recall=recall, node=node, person=actor.user, reason=reason.strip(), at=now())
    # Not by name: the readers of the recall's events need not see what was waived.
    record(EventType.RECALL_WAIVED, recall, after={"node": node.pk}, reason=reason)
    after_commit(tell, recall.pk)
    return waiver


def check_reason(text: str, what: str) -> None:
    """Raises `InvalidInput` unless somebody can make sense of the reason later."""
    length = len(text.strip())
    if not SHORTEST_REASON <= length <= LONGEST_REASON:
        raise InvalidInput(f"Say {what}, in {SHORTEST_REASON} to {LONGEST_REASON:,} characters.")
