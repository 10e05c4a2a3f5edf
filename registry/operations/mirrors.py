"""Mirror aliases: ``staging`` and ``production`` follow the stages by themselves. Called by operations only."""

from accounts.principals import Principal
from registry.models import AliasInterval, AliasKind, ModelVersion, RegisteredModel
from registry.rules import MIRRORS


def follow_stages(actor: Principal, model: RegisteredModel, moment: int) -> None:
    """Point each mirror alias at the version that entered its stage last, or at none, and mark the model as changed."""
    latest = ModelVersion.objects.latest_in(model.pk, list(MIRRORS.values())).values_list("stage", "pk")
    version_in = dict(latest)
    open_now = AliasInterval.objects.open().filter(model=model, kind=AliasKind.MIRROR)
    points_at = dict(open_now.values_list("key", "version_id"))
    wanted = {key: version_in[stage] for key, stage in MIRRORS.items() if stage in version_in}
    if ended := [key for key, version_id in points_at.items() if wanted.get(key) != version_id]:
        open_now.filter(key__in=ended).update(until=moment)
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
        if points_at.get(key) != version_id
    )
    model.updated_at = moment
    model.save(update_fields=["updated_at"])
