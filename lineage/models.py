"""What the graph stores: nodes and edges that are only ever added, and what was said of them afterwards.

A node is one thing by its kind and key for ever; a fact seen again adds nothing. Nothing here is changed or removed: a
wrong edge is retracted, an ended deployment or a purged artifact is marked, and the node stays. Times are milliseconds
since 1970. On PostgreSQL the tables that readers follow also have a column ``recorded_xid`` (see the first migration).
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property

from accounts.grants import grant_tables
from accounts.models import Project
from accounts.scopes import AccessPath, ScopeType
from audit.models import Audited
from lineage.querysets import AccessQuestionQuerySet, EdgeQuerySet, NodeQuerySet, RecallQuerySet
from lineage.vocabulary import Basis, EdgeKind, EdgeRole, MarkKind, NodeKind

KEY_LENGTH = 2_000
LABEL_LENGTH = 500


class Scope(models.Model):
    """Where nodes belong for access control: a project, or an experiment or registered model in it."""

    governed: ClassVar[bool] = False  # numbers given to scopes that are governed themselves; never changed

    class Kind(models.TextChoices):
        PROJECT = "project"
        EXPERIMENT = "experiment"
        MODEL = "model"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    #: The key of the experiment or model; 0 for the project itself.
    object_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "kind", "object_id"], name="lineage_scope_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id or self.project_id}"

    @cached_property
    def inherits(self) -> bool:
        """Whether the project's roles count here, as the experiment or model itself says. One query, once."""
        if self.kind == Scope.Kind.PROJECT:
            return True
        kind: ScopeType = "model" if self.kind == Scope.Kind.MODEL else "experiment"
        table = grant_tables().get(kind)
        found = table.scope._default_manager.filter(pk=self.object_id).first() if table else None
        return bool(found.access_path().inherits) if found is not None else True  # type: ignore[attr-defined]

    def access_path(self) -> AccessPath:
        return AccessPath(
            project_id=self.project_id,
            model_id=self.object_id if self.kind == Scope.Kind.MODEL else None,
            experiment_id=self.object_id if self.kind == Scope.Kind.EXPERIMENT else None,
            inherits=self.inherits,
        )


class IngestEvent(models.Model):
    """What a client or an import sent, by digest: the same event again adds nothing."""

    governed: ClassVar[bool] = False  # facts sent by machines by the thousand; append-only

    source = models.CharField(max_length=40)
    payload_sha256 = models.CharField(max_length=64)
    received_at = models.BigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    payload = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "source", "payload_sha256"], name="lineage_event_once")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.payload_sha256[:12]}"


class Node(models.Model):
    """One thing that something was made of, or that was made.

    ``scope`` is where it was first seen; `Share` holds further ones. ``created_at`` is when the thing was made, as far
    as known; ``recorded_at`` when we heard of it.
    """

    governed: ClassVar[bool] = False  # captured with runs, which are logged in bulk; triggers keep it append-only

    kind = models.SmallIntegerField(choices=NodeKind)
    key = models.CharField(max_length=KEY_LENGTH)
    key_hash = models.BinaryField(max_length=16, unique=True)
    scope = models.ForeignKey(Scope, models.PROTECT, related_name="+", db_index=False)
    label = models.CharField(max_length=LABEL_LENGTH)
    created_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    digest = models.CharField(max_length=128, default="", blank=True)
    pinned = models.BooleanField()
    props = models.JSONField(default=dict)

    objects = NodeQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(key=""), name="lineage_node_has_key")]

    def __str__(self) -> str:
        return self.label

    def access_path(self) -> AccessPath:
        return self.scope.access_path()


class Edge(models.Model):
    """Something went from ``src`` into ``dst``."""

    governed: ClassVar[bool] = False  # as nodes

    seq = models.BigAutoField(primary_key=True)
    src = models.ForeignKey(Node, models.PROTECT, related_name="+", db_index=False)
    dst = models.ForeignKey(Node, models.PROTECT, related_name="+", db_index=False)
    kind = models.SmallIntegerField(choices=EdgeKind)
    role = models.SmallIntegerField(choices=EdgeRole, default=EdgeRole.NONE)
    basis = models.SmallIntegerField(choices=Basis, default=Basis.OBSERVED)
    #: When it happened.
    at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    event = models.ForeignKey(IngestEvent, models.PROTECT, null=True, related_name="edges", db_index=False)

    objects = EdgeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["src", "kind", "role", "dst"], name="lineage_edge_once"),
            models.CheckConstraint(condition=~Q(src=F("dst")), name="lineage_edge_between_two"),
        ]
        indexes = [models.Index(fields=["dst", "kind", "src"], name="lineage_edge_up")]

    def __str__(self) -> str:
        return f"{self.src_id} {self.get_kind_display()} {self.dst_id}"


class Share(models.Model):
    """A node was also seen in another scope: who may see that scope may see the node."""

    governed: ClassVar[bool] = False  # as nodes

    node = models.ForeignKey(Node, models.PROTECT, related_name="shares", db_index=False)
    scope = models.ForeignKey(Scope, models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "scope"], name="lineage_share_once")]

    def __str__(self) -> str:
        return f"{self.node_id} in {self.scope_id}"


class Mark(models.Model):
    """What was said of a node or an edge afterwards, and by whom."""

    governed: ClassVar[bool] = True

    node = models.ForeignKey(Node, models.PROTECT, null=True, related_name="marks")
    edge = models.ForeignKey(Edge, models.PROTECT, null=True, related_name="marks")
    kind = models.SmallIntegerField(choices=MarkKind)
    at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    reason = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(node__isnull=False, edge__isnull=True) | Q(node__isnull=True, edge__isnull=False),
                name="lineage_mark_on_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.node_id or self.edge_id}"


class Recall(Audited):
    """Somebody said that a node is bad, and perhaps somebody else later that it is not: what was made of it shows it.

    ``until`` is when it was cleared. Its project is that in which the node was first seen.
    """

    audit_type: ClassVar[str] = "recall"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    node = models.ForeignKey(Node, models.PROTECT, related_name="recalls", db_index=False)
    reason = models.TextField()
    since = models.BigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    until = models.BigIntegerField(null=True)
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    finding = models.TextField(default="", blank=True)

    objects = RecallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node"], condition=Q(until=None), name="lineage_one_open_recall"),
        ]

    def __str__(self) -> str:
        return f"recall {self.pk}"

    @property
    def audit_label(self) -> str:
        return self.node.label[:200]

    @property
    def is_open(self) -> bool:
        """Whether it still holds."""
        return self.until is None

    def access_path(self) -> AccessPath:
        return self.node.access_path()


class RecallWaiver(models.Model):
    """Somebody lets one thing stay in use although something it was made of is recalled."""

    governed: ClassVar[bool] = True

    recall = models.ForeignKey(Recall, models.PROTECT, related_name="waivers", db_index=False)
    node = models.ForeignKey(Node, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    reason = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recall", "node"], name="lineage_waived_once")]

    def __str__(self) -> str:
        return f"waiver of {self.node_id} from recall {self.recall_id}"


class AccessRequest(Audited):
    """Somebody asks to see what is hidden in a segment. It says nothing of where that lies: its questions do."""

    audit_type: ClassVar[str] = "access_request"

    uid = models.CharField(max_length=32, unique=True)
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    #: The name of the segment for the asker alone.
    segment = models.CharField(max_length=64)
    reason = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asker", "segment"], name="lineage_asked_once")]

    def __str__(self) -> str:
        return f"access request {self.uid}"

    @property
    def audit_id(self) -> str:
        return self.uid

    def access_path(self) -> AccessPath:
        return AccessPath(owner_id=self.asker_id)


class AccessQuestion(Audited):
    """The part of an access request that the people of one scope answer. The asker never sees it."""

    audit_type: ClassVar[str] = "access_question"

    class State(models.TextChoices):
        OPEN = "open"
        GRANTED = "granted"
        DECLINED = "declined"

    request = models.ForeignKey(AccessRequest, models.PROTECT, related_name="questions")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    scope = models.ForeignKey(Scope, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    answered_at = models.BigIntegerField(null=True)
    answer = models.TextField(default="", blank=True)

    objects = AccessQuestionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "scope"], name="lineage_question_once")]
        indexes = [
            models.Index(fields=["project"], condition=Q(state="open"), name="lineage_open_questions"),
        ]

    def __str__(self) -> str:
        return f"access question {self.pk}"

    def access_path(self) -> AccessPath:
        return AccessPath(project_id=self.project_id)
