"""What the registry tells the pages of runs and logged models: the versions that were made of them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from django.urls import reverse

from accounts.principals import Principal
from registry.models import Lifecycle, ModelVersion
from tracking.descendants import Descendant

_MOST: Final = 500


def versions_of_runs(principal: Principal, run_ids: Sequence[str]) -> dict[str, list[Descendant]]:
    """The versions in use that came from these runs, by run, the newest first; one query."""
    return _versions(principal, "run__uid", run_ids)


def versions_of_logged_models(principal: Principal, uids: Sequence[str]) -> dict[str, list[Descendant]]:
    """As `versions_of_runs`, for those of the ids that are logged models; no query when none is."""
    model_ids = [uid for uid in uids if uid.startswith("m-")]
    return _versions(principal, "logged_model__uid", model_ids) if model_ids else {}


def _versions(principal: Principal, maker: str, uids: Sequence[str]) -> dict[str, list[Descendant]]:
    versions = ModelVersion.objects.active().visible_to(principal).filter(**{f"{maker}__in": uids})
    there = versions.filter(model__lifecycle=Lifecycle.ACTIVE).order_by("-pk")
    columns = (maker, "project__slug", "model__name", "number", "stage", "is_prompt")
    found: dict[str, list[Descendant]] = defaultdict(list)
    for uid, project, name, number, stage, is_prompt in there.values_list(*columns)[:_MOST]:
        url = reverse("registry:version", args=[project, name, number])
        found[uid].append(Descendant(f"{name} v{number}", url, "" if is_prompt else stage))
    return found
