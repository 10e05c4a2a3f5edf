"""Which versions Production could go back to, and what stands against it: the pre-flight of a roll-back."""

from dataclasses import dataclass

from artifacts.queries import content_digest
from audit.exceptions import Refusal
from registry.models import ModelVersion, RegisteredModel, StageInterval
from registry.rules import Stage


@dataclass(frozen=True, slots=True)
class WayBack:
    """A version that was in Production before. ``flaw`` says why it cannot be again; empty when it can."""

    version: ModelVersion
    last_until: int
    flaw: str


def ways_back(model: RegisteredModel, most: int = 5, wanted: int = 0) -> list[WayBack]:
    """The versions that were in Production before, the last first, with their pre-flights; also the one ``wanted``."""
    stays = StageInterval.objects.filter(model=model, stage=Stage.PRODUCTION, until__isnull=False)
    seen: dict[int, int] = {}
    ended = stays.order_by("-until").values_list("version_id", "until")
    for version_id, until in ended[: most * 5]:
        seen.setdefault(version_id, until or 0)
    shown = dict(list(seen.items())[:most])
    for version_id, until in ended.filter(version__number=wanted)[:1] if wanted else ():
        shown.setdefault(version_id, until or 0)
    found = ModelVersion.objects.select_related("model").in_bulk(shown)
    return [WayBack(found[pk], until, flaw_of_roll_back(found[pk])) for pk, until in shown.items()]


def flaw_of_roll_back(version: ModelVersion) -> str:
    """Why Production cannot go back to a version, as a sentence; empty when it can. At most four queries."""
    if version.stage == Stage.PRODUCTION:
        return f"{version} is in Production already."
    if not version.is_active:
        return f"{version} lies in the trash: restore it first."
    if version.quarantined_at is not None:
        return f"{version} is quarantined: somebody has to look into it and let it go first."
    if not was_in_production(version):
        return f"{version} was never in Production: promote it instead."
    return flaw_of_content(version)


def was_in_production(version: ModelVersion) -> bool:
    """Whether it was there before; one query."""
    return StageInterval.objects.filter(version=version, stage=Stage.PRODUCTION, until__isnull=False).exists()


def flaw_of_content(version: ModelVersion) -> str:
    """Why its files are not what was frozen, as a sentence; empty when they are, or lie elsewhere."""
    if not version.content_digest:
        return ""  # kept elsewhere: nobody here can know
    space = version.space
    if space is None:
        return f"The files of {version} are gone."
    try:
        same = content_digest(space, version.prefix) == version.content_digest
    except Refusal as refusal:
        return f"The files of {version} are not whole: {refusal}"
    return "" if same else f"The files of {version} are not what they were when it was in Production."
