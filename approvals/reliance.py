"""What approvals say to the registry: the versions whose promotion is being decided are relied on."""

from collections.abc import Collection, Mapping

from approvals.models import PromotionRequest


def versions_asked_for(versions: Collection[int]) -> Mapping[int, str]:
    """A reason to rely on versions: a request for them is open. One query."""
    requests = PromotionRequest.objects.open().filter(version_id__in=versions)
    return {pk: f"has an open request for {stage}" for pk, stage in requests.values_list("version_id", "to_stage")}
