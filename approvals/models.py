"""What is stored of promotions: policies and where they hold, requests with their revisions, gate results, decisions.

Times are aware datetimes (UTC). Everything but the request itself is a fact: it is added, and at most closed once.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Project
from accounts.scopes import AccessPath
from approvals.querysets import AssignmentQuerySet, PromotionRequestQuerySet
from audit.models import Audited
from registry.models import ModelVersion, RegisteredModel
from registry.rules import Stage

_PERSON = settings.AUTH_USER_MODEL


class Tier(models.TextChoices):
    """How much depends on a model; policies ask for more as it rises."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class PolicyVersion(models.Model):
    """One published text of a promotion policy; it never changes. Shipped policies belong to no project."""

    governed: ClassVar[bool] = True

    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=63)
    number = models.PositiveIntegerField()
    text = models.TextField()
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    comment = models.CharField(max_length=500, blank=True, default="")
    author = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name", "number"], nulls_distinct=False, name="approvals_policy_number_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class PolicyAssignment(models.Model):
    """From when until when a policy holds in a project, or, in addition, on one of its models.

    A looser policy than the one before is ``proposed_by`` one person and begins when another one has agreed; until then
    ``since`` is empty.
    """

    governed: ClassVar[bool] = True

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    model = models.ForeignKey(RegisteredModel, models.PROTECT, null=True, related_name="policy_assignments")
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="assignments")
    reason = models.CharField(max_length=1000, blank=True, default="")
    proposed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "model"],
                condition=Q(since__isnull=False, until=None),
                nulls_distinct=False,
                name="approvals_one_policy_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} for {self.model or self.project}"


class TierInterval(models.Model):
    """From when until when a model was of a tier; without any it is ``medium``."""

    governed: ClassVar[bool] = True

    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="tiers")
    tier = models.CharField(max_length=8, choices=Tier)
    reason = models.CharField(max_length=1000, blank=True, default="")
    actor = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model"], condition=Q(until=None), name="approvals_one_tier_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.model} is {self.tier}"


class RequestState(models.TextChoices):
    """How far a request has come. The first four are open."""

    CHECKING = "checking"  # its gates are being evaluated
    AWAITING = "awaiting_approval"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    EXECUTED = "executed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"


OPEN_STATES = (
    RequestState.CHECKING,
    RequestState.AWAITING,
    RequestState.CHANGES_REQUESTED,
    RequestState.APPROVED,
)


class RequestKind(models.TextChoices):
    """Whether people decide before the step or, in an emergency, after it."""

    NORMAL = "normal"
    BREAK_GLASS = "break_glass"


class PromotionRequest(Audited):
    """Somebody asks that a version may enter a stage. ``revision`` is the number of the newest `RequestRevision`."""

    audit_type: ClassVar[str] = "promotion_request"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="promotion_requests")
    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="promotion_requests")
    to_stage = models.CharField(max_length=10, choices=Stage)
    kind = models.CharField(max_length=12, choices=RequestKind, default=RequestKind.NORMAL)
    state = models.CharField(max_length=20, choices=RequestState, default=RequestState.CHECKING)
    requester = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    reason = models.TextField(blank=True, default="")
    incident = models.CharField(max_length=200, blank=True, default="")
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    #: Why an approved request could not be executed yet, or why it ended.
    outcome = models.CharField(max_length=1000, blank=True, default="")
    #: Break-glass only: until when somebody must ratify the step, and who did.
    ratify_by = models.DateTimeField(null=True)
    ratified_at = models.DateTimeField(null=True)
    ratified_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")

    objects = PromotionRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "to_stage"], condition=Q(state__in=OPEN_STATES), name="approvals_one_open_request"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "state", "-created_at"], name="approvals_request_by_state"),
            models.Index(fields=["version", "-created_at"], name="approvals_request_by_version"),
            models.Index(fields=["expires_at"], condition=Q(closed_at=None), name="approvals_request_expiring"),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def audit_label(self) -> str:
        return f"{self.model.name} v{self.version.number} to {self.to_stage}"

    @property
    def is_open(self) -> bool:
        """Whether it can still change."""
        return self.state in OPEN_STATES

    def access_path(self) -> AccessPath:
        """Where rights on it come from: its model's grants; its owner is the requester."""
        return AccessPath(
            project_id=self.project_id,
            model_id=self.model_id,
            inherits=self.model.inherit_access,
            owner_id=self.requester_id,
        )


class RequestRevision(models.Model):
    """What exactly is decided on. ``subject`` has the nine members; people approve ``subject_digest``.

    ``subject`` and its digest are empty until the gates were evaluated. A newer revision supersedes it for ``cause``.
    """

    governed: ClassVar[bool] = True

    request = models.ForeignKey(PromotionRequest, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    #: The requirement that the policy puts on this step, as `approvals.policy.Requirement.as_document` writes it.
    requirement = models.JSONField()
    incumbent = models.ForeignKey(ModelVersion, models.PROTECT, null=True, related_name="+")
    subject = models.JSONField(null=True)
    subject_digest = models.CharField(max_length=64, blank=True, default="")
    made_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="approvals_revision_number_once"),
        ]

    def __str__(self) -> str:
        return f"revision {self.number} of request {self.request_id}"


class GateOutcome(models.TextChoices):
    """What a gate says. ``error`` blocks like ``fail``; ``waiting`` was not evaluated yet."""

    WAITING = "waiting"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WARN = "warn"
    ERROR = "error"
    WAIVED = "waived"


class GateResult(models.Model):
    """What one gate said about one revision. ``observed`` and ``expected`` are sentences or numbers as text."""

    governed: ClassVar[bool] = False  # evaluated while people watch; what is decided on is kept in the subject

    revision = models.ForeignKey(RequestRevision, models.PROTECT, related_name="gates")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    type = models.CharField(max_length=40)
    hard = models.BooleanField(default=False)
    outcome = models.CharField(max_length=8, choices=GateOutcome, default=GateOutcome.WAITING)
    observed = models.TextField(blank=True, default="")
    expected = models.TextField(blank=True, default="")
    sentence = models.TextField(blank=True, default="")
    inputs = models.JSONField(default=dict)
    evaluator = models.CharField(max_length=60, blank=True, default="")
    evaluated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "position"], name="approvals_gate_position_once"),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}"


class GateTrial(models.Model):
    """What the gates say about a version for which nobody has asked yet: one row a version and stage, written anew.

    ``results`` has a mapping for each gate in the order of the policy; ``pin`` says which policy held, and when
    version and model were changed last, so that nobody takes it for what the gates would say now.
    """

    governed: ClassVar[bool] = False  # a look ahead, which nobody decides on

    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="+")
    to_stage = models.CharField(max_length=10, choices=Stage)
    pin = models.CharField(max_length=200)
    results = models.JSONField(default=list)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "to_stage"], name="approvals_one_trial"),
        ]

    def __str__(self) -> str:
        return f"trial of {self.version_id} for {self.to_stage}"


class Verdict(models.TextChoices):
    """What somebody decided."""

    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"


class Decision(models.Model):
    """What one person decided on one revision; a later revision voids it with a reason."""

    governed: ClassVar[bool] = True

    revision = models.ForeignKey(RequestRevision, models.PROTECT, related_name="decisions")
    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=16, choices=Verdict)
    comment = models.TextField(blank=True, default="")
    subject_digest = models.CharField(max_length=64)
    #: The binding that gave the right, as a sentence, and the teams through which the person decides.
    by_right = models.CharField(max_length=500)
    groups = models.JSONField(default=list)
    at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "person"], name="approvals_one_decision_each"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.verdict}s revision {self.revision_id}"


class Waiver(models.Model):
    """An approver lets a gate of a request pass although it does not, until ``expires_at``."""

    governed: ClassVar[bool] = True

    request = models.ForeignKey(PromotionRequest, models.PROTECT, related_name="waivers")
    gate = models.CharField(max_length=100)
    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"waiver of {self.gate}"


class RequestComment(models.Model):
    """A remark in the thread of a request."""

    governed: ClassVar[bool] = True

    request = models.ForeignKey(PromotionRequest, models.PROTECT, related_name="comments")
    author = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"comment {self.pk} of request {self.request_id}"


class ChecklistAnswer(models.Model):
    """Somebody has ticked one line of a checklist gate of a request."""

    governed: ClassVar[bool] = True

    request = models.ForeignKey(PromotionRequest, models.PROTECT, related_name="checklist_answers")
    gate = models.CharField(max_length=100)
    item = models.CharField(max_length=300)
    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "gate", "item"], name="approvals_checklist_item_once"),
        ]

    def __str__(self) -> str:
        return self.item


class CheckResult(models.Model):
    """What an outside system, such as a CI job or a scanner, says about the content of a version."""

    governed: ClassVar[bool] = True

    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="check_results")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=[("check", "check"), ("scan", "scan")], default="check")
    passed = models.BooleanField()
    summary = models.CharField(max_length=1000, blank=True, default="")
    url = models.URLField(max_length=500, blank=True, default="")
    content_digest = models.CharField(max_length=64, blank=True, default="")
    posted_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["version", "name", "-at"], name="approvals_newest_check")]

    def __str__(self) -> str:
        return f"{self.name}: {'passed' if self.passed else 'failed'}"


class Road(models.TextChoices):
    """By what a version came into a stage that asks for more trust."""

    UNREVIEWED = "unreviewed"  # the policy asks for nobody
    REVIEWED = "reviewed"  # an executed request
    ROLL_BACK = "roll_back"
    BREAK_GLASS = "break_glass"


class Passage(models.Model):
    """By what right a version entered Staging or Production."""

    governed: ClassVar[bool] = True

    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="passages")
    to_stage = models.CharField(max_length=10, choices=Stage)
    road = models.CharField(max_length=12, choices=Road)
    request = models.ForeignKey(PromotionRequest, models.PROTECT, null=True, related_name="passages")
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["version", "-at"], name="approvals_newest_passage")]

    def __str__(self) -> str:
        return f"{self.version} to {self.to_stage}: {self.road}"
