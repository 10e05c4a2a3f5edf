"""Filters of the registry, with names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.principals import Principal
from accounts.visibility import visible_q
from audit.models import AuditedQuerySet

if TYPE_CHECKING:
    from registry.models import ModelVersion, RegisteredModel  # noqa: F401  # named in the bases below
