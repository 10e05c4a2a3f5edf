"""What MLflow's client leaves out about a run, as tags: MLflow calls this when a run starts.

Installing the package is enough (see the entry point in `pyproject.toml`). It never fails a run, imports no framework,
asks no network, and sends no environment variables but those named here. `STAGEKEEPER_RUN_CONTEXT=off` turns it off.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable

from stagekeeper.context import code, data, environment, machine

_LOG = logging.getLogger(__name__)
#: For so long, in seconds, a process takes what it found for the runs that follow, as in a sweep.
_FRESH = 10.0
_PARTS: tuple[Callable[[], dict[str, str]], ...] = (
    code.tags,
    data.tags,
    environment.image_tags,
    environment.lock_tags,
    machine.seed_tags,
    machine.hardware_tags,
)


class StagekeeperRunContext:
    """A provider of tags, as MLflow knows them."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}
        self._found_at = float("-inf")

    def in_context(self) -> bool:
        """Whether there is anything to say."""
        return os.environ.get("STAGEKEEPER_RUN_CONTEXT", "on").strip().lower() not in {"off", "0", "false", "no"}

    def tags(self) -> dict[str, str]:
        """What could be found; nothing when nothing could."""
        now = time.monotonic()
        if now - self._found_at > _FRESH:
            self._found, self._found_at = _all_tags(), now
        return dict(self._found)


def _all_tags() -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _PARTS:
        try:
            found.update(part())
        except Exception:  # noqa: BLE001  # a run is worth more than a tag
            _LOG.debug("%s.%s found nothing", part.__module__, part.__name__, exc_info=True)
    return found
