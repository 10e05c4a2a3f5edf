"""What the registry tells the pages of runs: the versions that were made of them."""

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
    versions = ModelVersion.objects.active().visible_to(principal).filter(run_uid__in=run_ids)
    there = versions.filter(model__lifecycle=Lifecycle.ACTIVE).order_by("-pk")
    columns = ("run_uid", "project__slug", "model__name", "number", "stage", "is_prompt")
    found: dict[str, list[Descendant]] = defaultdict(list)
    for run_uid, project, name, number, stage, is_prompt in there.values_list(*columns)[:_MOST]:
        url = reverse("registry:version", args=[project, name, number])
        found[run_uid].append(Descendant(f"{name} v{number}", url, "" if is_prompt else stage))
    return found
