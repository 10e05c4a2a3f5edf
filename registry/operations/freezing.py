"""Fixing the content of a version when it leaves stage None."""

from accounts.principals import Principal
from registry.models import ModelVersion


def freeze_content(actor: Principal, version: ModelVersion, moment: int) -> dict[str, str]:
    """Freeze the version's files for ever and note their digest; returns what the log keeps of it."""
    version.frozen_at = moment
    return {"content_digest": version.content_digest}
