"""Holding a request until the transaction ends: always its model and version first, as every transition does."""

from approvals.exceptions import RequestClosed
from approvals.models import PromotionRequest
from approvals.queries import whole_requests
from registry.operations.held import hold_version


def hold_request(request: PromotionRequest) -> PromotionRequest:
    """The request as it is now, with its model and version held. Raises RequestClosed, or VersionNotFound."""
    version = hold_version(request.version)
    PromotionRequest.objects.locked(request.pk)
    held = whole_requests().get(pk=request.pk)
    held.version, held.model = version, version.model
    if not held.is_open:
        raise RequestClosed(f"{str(held).capitalize()} is {held.get_state_display().lower()} and can no longer change.")
    return held
