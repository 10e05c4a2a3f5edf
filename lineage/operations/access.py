"""Asking to see what is hidden, and answering. Whoever asks learns neither whom they asked nor about what."""

import secrets
from collections.abc import Collection
from typing import Final

from accounts.grants import grant_tables
from accounts.models import Project
from accounts.operations import grant_role
from accounts.principals import Principal
from accounts.roles import Action, Role
from accounts.scopes import ScopeType
from audit.event_types import EventType
from audit.exceptions import AlreadyExists, InvalidInput, InvalidState
from audit.operation import after_commit, operation, record, require
from lineage.models import AccessQuestion, AccessRequest, Node, Scope
from lineage.moments import now
from lineage.operations.recalls import check_reason

LONGEST_ANSWER: Final = 1_000


@operation
def ask_for_access(
    actor: Principal, start: Node, segment: str, hidden: Collection[int], *, reason: str
) -> AccessRequest:
    """Ask the people of the scopes ``hidden`` in a segment to let the actor look. Asking again changes nothing.

    ``start`` is what they were looking at. The event of it names no project.
    """
    require(Action.VIEW, start)
    check_reason(reason, "why you want to see it")
    if (asked := AccessRequest.objects.filter(asker=actor.user, segment=segment).first()) is not None:
        return asked
    request = AccessRequest.objects.create(
        uid=f"ask_{secrets.token_hex(8)}", asker=actor.user, segment=segment, reason=reason.strip(), at=now()
    )
    scopes = Scope.objects.filter(pk__in=hidden)
    AccessQuestion.objects.bulk_create(
        [AccessQuestion(request=request, project_id=scope.project_id, scope=scope) for scope in scopes]
    )
    record(EventType.ACCESS_REQUEST_MADE, request, after={"segment": segment}, reason=reason)
    after_commit(_tell, request.pk)
    return request


@operation
def answer_question(actor: Principal, question: AccessQuestion, *, grant: bool, answer: str = "") -> AccessQuestion:
    """Let the asker look at what they asked about, as its viewer, or decline. Raises `InvalidState`."""
    require(Action.GRANT, question)
    if len(answer) > LONGEST_ANSWER:
        raise InvalidInput(f"An answer has at most {LONGEST_ANSWER:,} characters.")
    AccessQuestion.objects.locked(question.pk)
    question = AccessQuestion.objects.select_related("request__asker", "scope__project").get(pk=question.pk)
    if question.state != AccessQuestion.State.OPEN:
        raise InvalidState(f"This question was answered before: {question.state}.")
    state = AccessQuestion.State.GRANTED if grant else AccessQuestion.State.DECLINED
    question.state, question.answered_by, question.answered_at = state, actor.user, now()
    question.answer = answer.strip()
    question.save(update_fields=["state", "answered_by", "answered_at", "answer"])
    event_type = EventType.ACCESS_QUESTION_GRANTED if grant else EventType.ACCESS_QUESTION_DECLINED
    record(event_type, question, after={"asker": question.request.asker.uid, "state": str(state)}, reason=answer)
    if grant:
        _let_in(actor, question)
    return question


def _let_in(actor: Principal, question: AccessQuestion) -> None:
    """Give the role viewer on the scope; harmless when they have it by now."""
    reason = f"Asked to see lineage: {question.request.reason}"[:500]
    try:
        grant_role(actor, question.request.asker, Role.VIEWER, scope_object(question.scope), reason=reason)
    except AlreadyExists:
        return


def scope_object(scope: Scope) -> Project | object:
    """The project, experiment or registered model that a scope stands for."""
    if scope.kind == Scope.Kind.PROJECT:
        return scope.project
    kinds: dict[str, ScopeType] = {Scope.Kind.EXPERIMENT: "experiment", Scope.Kind.MODEL: "model"}
    return grant_tables()[kinds[scope.kind]].scope._default_manager.get(pk=scope.object_id)


def _tell(request_pk: int) -> None:
    from lineage.notices import ask_to_show

    ask_to_show(request_pk)
