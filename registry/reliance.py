"""Which versions somebody relies on, so that nothing they were made of may be deleted, and why.

A version is relied on while it is in Staging or Production or an alias stands for it. Apps above add their reasons: it
is deployed, its promotion is being decided, it is held as evidence.
"""

from collections.abc import Callable, Collection, Mapping

from registry.models import ModelVersion

#: Says of which of these versions (by key) something is true that makes people rely on them: "is deployed to eu-1".
#: One query however many they are.
Reason = Callable[[Collection[int]], Mapping[int, str]]

_reasons: list[Reason] = []


def register(reason: Reason) -> None:
    """Add a reason to rely on versions. For ``AppConfig.ready()``."""
    if reason not in _reasons:
        _reasons.append(reason)


def relied_on(versions: Collection[int]) -> dict[int, str]:
    """Those of the versions (by key) that somebody relies on, and the first reason why."""
    if not versions:
        return {}
    found: dict[int, str] = {}
    for reason in (_in_use, *_reasons):
        for pk, why in reason(versions).items():
            found.setdefault(pk, why)
    return found


def _in_use(versions: Collection[int]) -> Mapping[int, str]:
    rows = ModelVersion.objects.relied_on().filter(pk__in=versions)
    return {version.pk: f"is in {version.stage}" if version.is_live else "has an alias" for version in rows}
