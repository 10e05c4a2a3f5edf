"""By what right somebody decides, and who made what is decided on: the facts that `approvals.rules` judges."""

from datetime import datetime

from django.db.models import Q

from accounts.authorization import explain, way_of
from accounts.models import RoleBinding, TeamStay, User, UserKind
from accounts.principals import Principal
from accounts.roles import Action
from approvals.models import PromotionRequest
from approvals.rules import Decider, Makers, Right
from registry.models import CardRevision, ModelVersion


def decider_of(actor: Principal, request: PromotionRequest, signed_in_at: datetime | None) -> Decider:
    """What counts about the actor when they decide on a request; ``signed_in_at`` is when they last gave a password."""
    return Decider(
        person=actor.user.pk,
        is_human=actor.kind == UserKind.HUMAN,
        by_session=actor.auth == "session",
        signed_in_at=signed_in_at,
        rights=rights_of(actor, request),
    )


def rights_of(actor: Principal, request: PromotionRequest) -> list[Right]:
    """Every role by which they may decide on this request; a team's counts from when they joined."""
    bindings = explain(actor, Action.DECIDE, request).bindings
    teams = [binding.team_id for binding in bindings if binding.team_id]
    joined = dict(TeamStay.objects.filter(user=actor.user, team__in=teams, until=None).values_list("team_id", "since"))
    return [_right(binding, joined) for binding in bindings]


def _right(binding: RoleBinding, joined: dict[int, datetime]) -> Right:
    since = max(binding.granted_at, joined.get(binding.team_id or 0, binding.granted_at))
    team = binding.team.slug if binding.team else ""
    return Right(since, binding.granted_by_id, team, way_of(binding))


def makers_of(request: PromotionRequest) -> Makers:
    """The requester, and everybody who had a hand in the version: its author, its run's owner, editors of its card."""
    makers = makers_of_version(request.version, request.requester_id)
    cards = Q(version=request.version) | Q(model=request.version.model_id, version=None)
    since = CardRevision.objects.filter(cards, created_at__gte=_milliseconds(request.created_at))
    for author in since.values_list("author_id", flat=True):
        makers.others.setdefault(author, "edited its card during this request")
    return makers


def makers_of_version(version: ModelVersion, requester: int) -> Makers:
    """Whoever asks, and who made the version; its run and logged model are loaded with it."""
    others = {version.creator_id: "registered the version"}
    if version.run and version.run.owner_id:
        others.setdefault(version.run.owner_id, "own the run it came from")
    if version.logged_model and version.logged_model.owner_id:
        others.setdefault(version.logged_model.owner_id, "logged the model it came from")
    return Makers(requester, others)


def decider_principal(person: User) -> Principal:
    """Somebody who decided earlier, to ask again what they may do now."""
    return Principal(person, auth="session")


def groups_of(rights: list[Right]) -> list[str]:
    """The teams through which the rights are held."""
    return sorted({right.team for right in rights if right.team})


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
