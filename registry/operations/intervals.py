"""Stays in stages, begun and ended. Called by operations only."""

from collections.abc import Sequence

from django.db import connection

from accounts.principals import Principal
from audit.models import AuditEvent
from registry.models import ModelVersion, StageInterval

_END = "UPDATE registry_stageinterval SET until = %s WHERE until IS NULL AND version_id IN "


def end_stays(versions: Sequence[ModelVersion], moment: int) -> None:
    """Close the open stay of each version."""
    marks = ", ".join(["%s"] * len(versions))
    with connection.cursor() as cursor:
        cursor.execute(f"{_END}({marks})", [moment, *(version.pk for version in versions)])


def new_stay(actor: Principal, version: ModelVersion, event: AuditEvent) -> StageInterval:
    """The stay in the stage that the version is in now, begun by ``event``; still to be stored."""
    return StageInterval(
        model=version.model,
        version=version,
        stage=version.stage,
        since=version.stage_since,
        actor=actor.user,
        event_uid=event.uid,
    )
