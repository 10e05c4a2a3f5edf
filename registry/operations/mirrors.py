"""Mirror aliases: ``staging`` and ``production`` follow the stages by themselves. Called by operations only."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.principals import Principal
from registry.models import AliasInterval, AliasKind, ModelVersion, RegisteredModel
from registry.rules import MIRRORS, Stage


@dataclass(frozen=True, slots=True)
class Step:
    """One version going from one stage to another."""

    version: ModelVersion
    before: Stage
    after: Stage


def follow_stages(actor: Principal, model: RegisteredModel, steps: Sequence[Step], moment: int) -> None:
    """Point each mirror alias at the version that entered its stage last, or at none, and mark the model as changed."""
    touched = {stage for step in steps for stage in (step.before, step.after)}
    wanted = {key: _newest_in(model, stage, steps) for key, stage in MIRRORS.items() if stage in touched}
    if wanted:
        _point(actor, model, wanted, moment)
    model.updated_at = moment
    model.save(update_fields=["updated_at"])


def _newest_in(model: RegisteredModel, stage: Stage, steps: Sequence[Step]) -> int | None:
    """The version that entered the stage last."""
    entered = [step.version.pk for step in steps if step.after == stage]
    if entered or stage == Stage.PRODUCTION:  # which holds one version at most
        return entered[-1] if entered else None
    newest: int | None = ModelVersion.objects.newest_in(model.pk, stage).values_list("pk", flat=True).first()
    return newest


def _point(actor: Principal, model: RegisteredModel, wanted: dict[str, int | None], moment: int) -> None:
    standing = AliasInterval.objects.open().filter(model=model, key__in=wanted)
    points_at = dict(standing.values_list("key", "version_id"))
    if ended := [key for key, version_id in points_at.items() if wanted[key] != version_id]:
        standing.filter(key__in=ended).update(until=moment)
    AliasInterval.objects.bulk_create(
        AliasInterval(
            model=model,
            version_id=version_id,
            alias=key,
            key=key,
            kind=AliasKind.MIRROR,
            since=moment,
            actor=actor.user,
        )
        for key, version_id in wanted.items()
        if version_id is not None and points_at.get(key) != version_id
    )
