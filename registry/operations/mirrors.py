"""Mirror aliases: ``staging`` and ``production`` follow the stages by themselves. Called by operations only."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from accounts.principals import Principal
from registry import statements
from registry.loading import newest_in
from registry.models import AliasInterval, AliasKind, ModelVersion, RegisteredModel
from registry.rules import MIRRORS, Stage

_END_OTHERS = """
UPDATE registry_aliasinterval SET until = %s WHERE model_id = %s AND key = %s AND until IS NULL AND version_id <> %s
"""
_STANDS = "SELECT 1 FROM registry_aliasinterval WHERE model_id = %s AND key = %s AND until IS NULL"


@dataclass(frozen=True, slots=True)
class Step:
    """One version going from one stage to another."""

    version: ModelVersion
    before: Stage
    after: Stage


def follow_stages(actor: Principal, model: RegisteredModel, steps: Sequence[Step], moment: int) -> None:
    """Point each mirror alias at the version that entered its stage last, or at none, and mark the model as changed."""
    touched = {stage for step in steps for stage in (step.before, step.after)}
    for key, stage in MIRRORS.items():
        if stage in touched:
            _point(actor, model, key, _newest_in(model, stage, steps), moment)
    model.updated_at = moment
    statements.change(model, "updated_at")


def _newest_in(model: RegisteredModel, stage: Stage, steps: Sequence[Step]) -> int | None:
    """The version that entered the stage last."""
    entered = [step.version.pk for step in steps if step.after == stage]
    if entered or stage == Stage.PRODUCTION:  # which holds one version at most
        return entered[-1] if entered else None
    return newest_in(model.pk, stage)


def _point(actor: Principal, model: RegisteredModel, key: str, version_id: int | None, moment: int) -> None:
    """Let a mirror alias stand for a version (None: for nothing) from ``moment`` on."""
    with connection.cursor() as cursor:
        cursor.execute(_END_OTHERS, [moment, model.pk, key, version_id or 0])
        ended = cursor.rowcount > 0
    if version_id is not None and (ended or not _stands(model, key)):
        alias = AliasInterval(model=model, version_id=version_id, alias=key, key=key, kind=AliasKind.MIRROR)
        alias.since, alias.actor = moment, actor.user
        statements.add(alias)


def _stands(model: RegisteredModel, key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_STANDS, [model.pk, key])
        return cursor.fetchone() is not None
