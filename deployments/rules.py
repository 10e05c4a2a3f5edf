"""Pure rules of deployments: values, what may run where, which state follows which, what a sighting means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from approvals.gate_types import DAYS
from deployments.exceptions import InvalidDeployment
from registry.rules import Stage, raises_trust

NAME_LENGTH: Final = 63
TARGET_LENGTH: Final = 200
DIGEST_LENGTH: Final = 71
CONFIG_LENGTH: Final = 200
IDENTITY_LENGTH: Final = 500
REASON_LENGTH: Final = 1000
SEEN_LENGTH: Final = 80
MOST_SIGHTINGS: Final = 1000
PERMIT_MINUTES: Final = (1, 24 * 60)
#: A target may still show what ran there before for so long after a change (ten minutes): roll-outs take their time.
GRACE: Final = 10 * 60 * 1000

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_TARGET = re.compile(r"[A-Za-z0-9][\w./:@+-]*", re.ASCII)
_IMAGE = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_BY_VERSION = "version:"


# --- Values -----------------------------------------------------------------------------------------------------------


def check_name(name: str) -> str:
    """The name of an environment. Raises InvalidDeployment."""
    if len(name) > NAME_LENGTH or not _NAME.fullmatch(name):
        raise InvalidDeployment(
            f"An environment's name has up to {NAME_LENGTH} small letters, digits, dots, dashes and underscores."
        )
    return name


def check_target(target: str) -> str:
    """The name of a place in an environment, such as ``eu-1/fraud-scorer``. Raises InvalidDeployment."""
    if len(target) > TARGET_LENGTH or not _TARGET.fullmatch(target):
        raise InvalidDeployment(
            f"A target has up to {TARGET_LENGTH} letters, digits and any of . _ - / : @ +, without spaces."
        )
    return target


def default_target(model: str) -> str:
    """The target of a model's deployment that names none: the model's own name, as far as a target can hold it."""
    return re.sub(r"[^\w./:@+-]+", "-", model, flags=re.ASCII).lstrip("_./:@+-")[:TARGET_LENGTH] or "default"


def check_digest(what: str, digest: str) -> str:
    """An image's or configuration's digest as ``sha256:…``; nothing stays nothing. Raises InvalidDeployment."""
    if not digest:
        return ""
    found = _IMAGE.fullmatch(digest.strip().lower())
    if found is None:
        raise InvalidDeployment(f"{what} is sha256: and 64 hexadecimal digits, not a tag or a name.")
    return f"sha256:{found[1]}"


def check_content_digest(digest: str) -> str:
    """A version's content digest as the registry writes it: 64 hexadecimal digits. Raises InvalidDeployment."""
    return check_digest("A content digest", digest).removeprefix("sha256:")


def check_reason(reason: str) -> str:
    """A sentence of somebody. Raises InvalidDeployment."""
    reason = reason.strip()
    if len(reason) > REASON_LENGTH or "\x00" in reason:
        raise InvalidDeployment(f"A reason has at most {REASON_LENGTH} characters, and no null character.")
    return reason


def check_permit_minutes(minutes: int) -> int:
    """For how long a permit holds. Raises InvalidDeployment."""
    least, most = PERMIT_MINUTES
    if not least <= minutes <= most:
        raise InvalidDeployment(f"A permit holds for {least} to {most} minutes.")
    return minutes


def check_window(window: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A change window: days, and from when until when (UTC). Raises InvalidDeployment."""
    if not window:
        return None
    days, begins, ends = window.get("days"), window.get("from"), window.get("to")
    if not isinstance(days, list) or not days or any(day not in DAYS for day in days):
        raise InvalidDeployment(f"The days of a change window are a list of: {', '.join(DAYS)}.")
    if not all(isinstance(clock, str) and _CLOCK.fullmatch(clock) for clock in (begins, ends)):
        raise InvalidDeployment('“from” and “to” of a change window are times of day (UTC), such as "07:00".')
    if str(begins) >= str(ends):
        raise InvalidDeployment("A change window begins before it ends.")
    return {"days": days, "from": begins, "to": ends}


def is_open(window: Mapping[str, Any] | None, moment: datetime) -> bool:
    """Whether changes are made at this moment."""
    if not window:
        return True
    now = moment.astimezone(UTC)
    return DAYS[now.weekday()] in window["days"] and window["from"] <= f"{now:%H:%M}" < window["to"]


def window_in_words(window: Mapping[str, Any] | None) -> str:
    """A change window for people; empty when there is none."""
    return f"{', '.join(window['days'])} {window['from']} to {window['to']} UTC" if window else ""


# --- What may run where -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything that decides whether a version may run in an environment, in plain values."""

    version: str
    environment: str
    stage: str = Stage.PRODUCTION
    required_stage: str = Stage.PRODUCTION
    is_prompt: bool = False
    quarantined: bool = False
    archived: bool = False
    unratified: bool = False
    overdue: bool = False
    needs_ratified: bool = False
    image_digest: str = ""
    needs_image: bool = False
    window: Mapping[str, Any] | None = None
    #: Going back to what was active there: neither the stage of today nor the hour stands against it.
    is_roll_back: bool = False


def flaw_of(wish: Wish, moment: datetime) -> tuple[str, str] | None:
    """Why the version may not run there now: a word for scripts and a sentence; None when it may."""
    for word, applies, sentence in _flaws(wish, moment):
        if applies:
            return word, sentence
    return None


def _flaws(wish: Wish, moment: datetime) -> list[tuple[str, bool, str]]:
    too_low = raises_trust(Stage(wish.stage), Stage(wish.required_stage)) and not wish.is_roll_back
    closed = not is_open(wish.window, moment) and not wish.is_roll_back
    return [
        ("archived", wish.archived, f"The environment {wish.environment} is archived: nothing is deployed there."),
        ("prompt", wish.is_prompt, f"{wish.version} is a prompt: it is loaded, not deployed."),
        (
            "quarantined",
            wish.quarantined,
            f"{wish.version} is quarantined: somebody has to look into it and let it go first.",
        ),
        (
            "stage",
            too_low,
            f"{wish.version} is in {wish.stage}; {wish.environment} takes {wish.required_stage}: promote it first.",
        ),
        (
            "overdue",
            wish.overdue and not wish.is_roll_back,
            f"{wish.version} came by break-glass and was not ratified in time: ratify the step or roll it back.",
        ),
        (
            "unratified",
            wish.unratified and wish.needs_ratified and not wish.is_roll_back,
            f"{wish.version} came by break-glass: {wish.environment} takes it when somebody has ratified the step.",
        ),
        (
            "image",
            wish.needs_image and not wish.image_digest,
            f"{wish.environment} asks which container image is to run: send image_digest (sha256:…).",
        ),
        (
            "window",
            closed,
            f"{wish.environment} is changed at these times only: {window_in_words(wish.window)}.",
        ),
    ]


# --- States -----------------------------------------------------------------------------------------------------------

#: What an agent may report, by the state a deployment is in.
NEXT_STATES: Final[Mapping[str, frozenset[str]]] = {
    "requested": frozenset({"failed", "stopped"}),
    "permitted": frozenset({"deploying", "failed", "stopped"}),
    "deploying": frozenset({"active", "failed", "stopped"}),
    "active": frozenset({"failed", "stopped"}),
}


def may_follow(before: str, after: str) -> bool:
    """Whether a deployment may be reported to have come from one state into the other."""
    return after in NEXT_STATES.get(before, frozenset())


# --- Sightings --------------------------------------------------------------------------------------------------------


def seen_key(content_digest: str, version_id: int | None) -> str:
    """What was seen, as one text: the digest of the files, or the version where an agent only knows its name."""
    return content_digest or f"{_BY_VERSION}{version_id}"


def digest_of_key(seen: str) -> str:
    """The digest in what `seen_key` made; empty for a version."""
    return "" if seen.startswith(_BY_VERSION) else seen


@dataclass(frozen=True, slots=True)
class Expected:
    """One deployment that may be seen at a target, as far as a sighting can tell."""

    pk: int
    version_id: int
    content_digest: str
    image_digest: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What an agent saw at a target. ``version_ids`` are those that have this digest, or the one it named."""

    content_digest: str
    version_ids: frozenset[int]
    image_digest: str = ""


def judge(seen: Seen, expected: list[Expected]) -> tuple[Expected | None, str]:
    """The deployment that let it run, and the kind of alert; empty when all is well.

    ``expected`` is what may be seen at the target, the newest first.
    """
    same_files = [each for each in expected if _same_files(seen, each)]
    matching = [each for each in same_files if _same_image(seen, each)]
    if matching:
        return matching[0], ""
    if same_files:
        return same_files[0], "other_image"
    if not seen.version_ids:
        return (expected[0] if expected else None), "unknown"
    return (expected[0], "other_version") if expected else (None, "not_deployed")


def _same_files(seen: Seen, expected: Expected) -> bool:
    if seen.content_digest and expected.content_digest:
        return seen.content_digest == expected.content_digest
    return expected.version_id in seen.version_ids


def _same_image(seen: Seen, expected: Expected) -> bool:
    return not seen.image_digest or not expected.image_digest or seen.image_digest == expected.image_digest
