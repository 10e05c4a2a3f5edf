"""Publishing policies, saying where they hold, and setting the tier of a model."""

import hashlib

from django.db.models import Max
from django.utils import timezone

from accounts.models import Project
from accounts.principals import Principal, System
from accounts.roles import Action
from approvals.exceptions import InvalidPolicy, MayNotDecide, PolicyError
from approvals.models import PolicyAssignment, PolicyVersion, Tier, TierInterval
from approvals.policy import loosened, read_policy
from approvals.standing import DEFAULT_POLICY, SHIPPED, read, shipped
from audit.event_types import EventType
from audit.exceptions import AlreadyExists, InvalidInput, InvalidState, NotFound
from audit.operation import after_commit, operation, record, require
from registry.models import RegisteredModel
from registry.operations.held import hold_model

_SHIPPED_NAMES = frozenset(path.stem for path in SHIPPED.glob("*.yaml"))


@operation
def publish_policy(actor: Principal, project: Project, text: str, *, comment: str = "") -> PolicyVersion:
    """Publish a text as the next version of the policy that it names. Where it holds is said by `assign_policy`.

    Raises InvalidPolicy with the lines of all mistakes, AlreadyExists when the text is the newest version already.
    """
    require(Action.GOVERN, project)
    policy = read_policy(text)
    if policy.name in _SHIPPED_NAMES:
        raise InvalidPolicy([PolicyError(1, f"“{policy.name}” comes with the server: give yours another name.")])
    project = Project.objects.locked(project.pk)
    digest = hashlib.sha256(text.encode()).hexdigest()
    before = PolicyVersion.objects.filter(project=project, name=policy.name).order_by("-number").first()
    if before is not None and before.digest == digest:
        raise AlreadyExists(f"{before} has exactly this text already.")
    version = PolicyVersion.objects.create(
        project=project,
        name=policy.name,
        number=before.number + 1 if before else 1,
        text=text,
        document={"summary": policy.summary},
        digest=digest,
        comment=comment[:500],
        author=actor.user,
        published_at=timezone.now(),
    )
    after = {"policy": str(version), "sha256": digest}
    record(EventType.PROJECT_POLICY_PUBLISHED, project, after=after, reason=comment)
    return version


@operation
def assign_policy(
    actor: Principal, project: Project, policy: PolicyVersion, *, model: RegisteredModel | None = None, reason: str = ""
) -> PolicyAssignment:
    """Let a policy hold in a project, or on one model in addition to the project's.

    It begins at once when it asks for nothing less than what held before; else it is a proposal, to which another
    person has to agree. Raises NotFound, InvalidState when there is a proposal already.
    """
    require(Action.GOVERN, project)
    project = Project.objects.locked(project.pk)
    if policy.project_id not in (None, project.pk) or (model is not None and model.project_id != project.pk):
        raise NotFound("There is no policy like that in this project.")
    place = PolicyAssignment.objects.filter(project=project, model=model)
    if place.proposed().exists():
        raise InvalidState("A change of policy waits for a second person already: agree to it or withdraw it first.")
    held = place.current().select_related("policy").first()
    if held is not None and held.policy_id == policy.pk:
        raise InvalidState(f"{policy} holds already.")
    now = timezone.now()
    assignment = PolicyAssignment.objects.create(
        project=project, model=model, policy=policy, reason=reason[:1000], proposed_by=actor.user, proposed_at=now
    )
    less = _asks_less(project, model, held, policy)
    if less:
        after = {"policy": str(policy), "model": model.name if model else None, "asks_less": less[:20]}
        record(EventType.PROJECT_POLICY_PROPOSED, project, after=after, reason=reason)
    else:
        _begin(assignment, held)
        record(EventType.PROJECT_POLICY_ASSIGNED, project, before=_name(held), after=_name(assignment), reason=reason)
        after_commit(_refresh, project.pk)
    return assignment


@operation
def agree_to_policy(actor: Principal, assignment: PolicyAssignment, *, reason: str = "") -> PolicyAssignment:
    """Agree to a policy that asks for less, as somebody else than its proposer. Raises MayNotDecide or InvalidState."""
    project = assignment.project
    require(Action.GOVERN if actor.may(Action.GOVERN, project) else Action.DECIDE, project)
    project = Project.objects.locked(project.pk)
    assignment = PolicyAssignment.objects.select_related("policy", "model", "project").get(pk=assignment.pk)
    _check_proposed(assignment)
    if actor.kind != "human" or actor.auth != "session":
        raise MayNotDecide("A policy is agreed to by a person who is signed in.")
    if assignment.proposed_by_id == actor.user.pk:
        raise MayNotDecide("You proposed this yourself: somebody else has to agree.")
    held = PolicyAssignment.objects.current().filter(project=project, model=assignment.model).first()
    assignment.agreed_by = actor.user
    _begin(assignment, held)
    record(EventType.PROJECT_POLICY_ASSIGNED, project, before=_name(held), after=_name(assignment), reason=reason)
    after_commit(_refresh, project.pk)
    return assignment


@operation
def withdraw_policy(actor: Principal, assignment: PolicyAssignment, *, reason: str = "") -> PolicyAssignment:
    """Take a proposal back, or refuse it."""
    project = assignment.project
    require(Action.GOVERN if actor.may(Action.GOVERN, project) else Action.DECIDE, project)
    project = Project.objects.locked(project.pk)
    assignment = PolicyAssignment.objects.select_related("policy", "model", "project").get(pk=assignment.pk)
    _check_proposed(assignment)
    assignment.until = timezone.now()
    assignment.save(update_fields=["until"])
    record(EventType.PROJECT_POLICY_WITHDRAWN, project, before=_name(assignment), reason=reason)
    return assignment


@operation
def set_tier(actor: Principal, model: RegisteredModel, tier: Tier, *, reason: str) -> RegisteredModel:
    """Say how much depends on a model. Raises InvalidInput without a reason."""
    require(Action.GOVERN, model)
    if not reason.strip():
        raise InvalidInput("Say why: the tier decides how many people have to look.")
    model = hold_model(model)
    before = TierInterval.objects.filter(model=model, until=None).first()
    if (before.tier if before else Tier.MEDIUM) == tier:
        return model
    now = timezone.now()
    if before is not None:
        before.until = now
        before.save(update_fields=["until"])
    TierInterval.objects.create(model=model, tier=tier, reason=reason[:1000], actor=actor.user, since=now)
    record(
        EventType.REGISTERED_MODEL_TIER_SET,
        model,
        before={"tier": str(before.tier if before else Tier.MEDIUM)},
        after={"tier": str(tier)},
        reason=reason,
    )
    after_commit(_refresh, model.project_id)
    return model


@operation
def publish_shipped(actor: System) -> None:
    """Publish the policies that come with the server, when their text is new; “default” begins with solo."""
    default = Project.objects.get(slug="default")
    require(Action.GOVERN, default)
    for path in sorted(SHIPPED.glob("*.yaml")):
        _publish_shipped(default, path.stem, path.read_text())
    if not PolicyAssignment.objects.filter(project=default, model=None).exists():
        now = timezone.now()
        assignment = PolicyAssignment.objects.create(
            project=default, policy=shipped("solo"), reason="The first start.", proposed_at=now, since=now
        )
        record(EventType.PROJECT_POLICY_ASSIGNED, default, after=_name(assignment), reason="The first start.")


def _publish_shipped(home: Project, name: str, text: str) -> None:
    policy, digest = read_policy(text), hashlib.sha256(text.encode()).hexdigest()
    known = PolicyVersion.objects.filter(project=None, name=name)
    if known.filter(digest=digest).exists():
        return
    version = PolicyVersion.objects.create(
        name=name,
        number=(known.aggregate(newest=Max("number"))["newest"] or 0) + 1,
        text=text,
        document={"summary": policy.summary},
        digest=digest,
        published_at=timezone.now(),
    )
    record(EventType.PROJECT_POLICY_PUBLISHED, home, after={"policy": str(version), "sha256": digest})


def _asks_less(
    project: Project, model: RegisteredModel | None, held: PolicyAssignment | None, policy: PolicyVersion
) -> list[str]:
    """What the place would be asked less of; a model's own policy only adds, so its first one never asks less."""
    if held is None:
        return [] if model is not None else loosened(read(shipped(DEFAULT_POLICY)), read(policy))
    return loosened(read(held.policy), read(policy))


def _check_proposed(assignment: PolicyAssignment) -> None:
    if assignment.since is not None or assignment.until is not None:
        raise InvalidState("This change of policy no longer waits for anybody.")


def _begin(assignment: PolicyAssignment, held: PolicyAssignment | None) -> None:
    now = timezone.now()
    if held is not None:
        held.until = now
        held.save(update_fields=["until"])
    assignment.since = now
    assignment.save(update_fields=["since", "agreed_by"])


def _name(assignment: PolicyAssignment | None) -> dict[str, str | None] | None:
    if assignment is None:
        return None
    return {"policy": str(assignment.policy), "model": assignment.model.name if assignment.model else None}


def _refresh(project_pk: int) -> None:
    from approvals.tasks import refresh_project

    refresh_project.delay(project_pk)
