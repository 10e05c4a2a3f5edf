"""What approvals say of a version beside its stage: that nobody reviewed the step, or nobody ratified the emergency."""

from collections.abc import Iterable

from django.db.models import F
from django.urls import reverse

from approvals.models import Passage, Road
from approvals.queries import is_unratified
from registry.stamps import Stamp


def stamps_of_versions(versions: Iterable[int]) -> dict[int, list[Stamp]]:
    """The stamps of versions in Staging and Production by how they entered; one query."""
    entered = Passage.objects.filter(version__in=versions, to_stage=F("version__stage"))
    newest: dict[int, Passage] = {}
    for passage in entered.select_related("request", "policy").order_by("at", "pk"):
        newest[passage.version_id] = passage
    return {pk: _stamps_of(passage) for pk, passage in newest.items()}


def _stamps_of(passage: Passage) -> list[Stamp]:
    if passage.road == Road.UNREVIEWED:
        asked = f"The policy {passage.policy}" if passage.policy else "No policy"
        return [Stamp("unreviewed", f"{asked} asked nobody to approve that it entered {passage.to_stage}.", "plain")]
    if is_unratified(passage):
        url = reverse("approvals:request", args=[passage.request_id])
        return [Stamp("unratified", "It came here in an emergency, which nobody has ratified yet.", "warn", url)]
    return []
