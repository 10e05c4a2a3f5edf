"""Compares the grants that count with the bindings that people read."""

import logging
from collections import defaultdict
from typing import Any

from django.db.models import Exists, OuterRef

from accounts.grants import grant_tables
from accounts.models import Project, RoleBinding
from accounts.principals import SCHEDULER, System
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require

_log = logging.getLogger(__name__)


def report_stray_grants() -> int:
    """Report every grant without a binding; return how many.

    `grant_role` writes both, so a stray grant was written past every operation. It is left for a person to judge.
    """
    by_project: dict[int, list[str]] = defaultdict(list)
    for scope_type, tables in grant_tables().items():
        for rows, holder in ((tables.user_grant, "user"), (tables.team_grant, "group")):
            for row in _without_binding(rows, holder, scope_type):
                path = row.content_object.access_path()
                by_project[path.project_id].append(
                    f"{scope_type} {row.content_object_id}: {row.permission.codename} of {holder} "
                    f"{getattr(row, f'{holder}_id')}"
                )
    for project_id, grants in by_project.items():
        _report(SCHEDULER, project_id, sorted(grants))
    return sum(map(len, by_project.values()))


@operation
def _report(actor: System, project_id: int, grants: list[str]) -> None:
    require(Action.AUDIT, Project(pk=project_id))
    project = Project.objects.locked(project_id)
    record(EventType.PROJECT_STRAY_GRANTS_FOUND, project, after={"grants": grants})
    _log.error("%d grants in project %s have no binding: %s", len(grants), project.slug, "; ".join(grants))


def _without_binding(rows: Any, holder: str, scope_type: str) -> Any:
    bindings = RoleBinding.objects.filter(
        scope_type=scope_type,
        scope_id=OuterRef("content_object_id"),
        role=OuterRef("permission__codename"),
        ended_at__isnull=True,
        **{"user_id" if holder == "user" else "team_id": OuterRef(f"{holder}_id")},
    )
    return rows.objects.filter(~Exists(bindings)).select_related("permission", "content_object").order_by("pk")
