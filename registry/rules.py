"""Pure rules of the registry: names, aliases, stages and the steps between them."""

import hashlib
import posixpath
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from django.db.models import TextChoices

from accounts.roles import Action
from registry.exceptions import InvalidName, InvalidSource, InvalidStage

NAME_LENGTH: Final = 256
ALIAS_LENGTH: Final = 255
TAG_KEY_LENGTH: Final = 250
TAG_VALUE_LENGTH: Final = 100_000
DESCRIPTION_LENGTH: Final = 100_000
RUN_LINK_LENGTH: Final = 2_000
RUN_ID_LENGTH: Final = 64

PROMPT_TAG: Final = "mlflow.prompt.is_prompt"
PROMPT_TEXT_TAG: Final = "mlflow.prompt.text"
#: Version tags that hold what a prompt version *is*; they are written once, when it is made.
PROMPT_CONTENT_TAGS: Final = frozenset({PROMPT_TAG, PROMPT_TEXT_TAG, "_mlflow_prompt_type"})
#: Tags by which MLflow's client keeps its own house; pages show those that people set.
CLIENT_TAGS: Final = ("mlflow.prompt.", "_mlflow_")
#: What MLflow's clients send as the source of a prompt version; it leads nowhere.
PROMPT_SOURCES: Final = frozenset({"dummy-source", "prompt-template"})

_PERCENT_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_ALIAS = re.compile(r"[\w-]+")
_ALIAS_PATTERN = re.compile(r"[\w*-]+")
_VERSION_LIKE = re.compile(r"v\d+", re.IGNORECASE)
_TAG_KEY = re.compile(r"[/\w.\- :]+")


class Stage(TextChoices):
    """What a version may be used for."""

    NONE = "None"
    STAGING = "Staging"
    PRODUCTION = "Production"
    ARCHIVED = "Archived"


_BY_LOWER_CASE = {stage.value.lower(): stage for stage in Stage}
_TRUST = {Stage.NONE: 0, Stage.ARCHIVED: 0, Stage.STAGING: 1, Stage.PRODUCTION: 2}

#: Aliases that follow a stage by themselves, by `alias_key`.
MIRRORS: Final[Mapping[str, Stage]] = {"staging": Stage.STAGING, "production": Stage.PRODUCTION}
#: The rights that setting a governed alias can take, and who holds them.
ALIAS_RIGHTS: Final[Mapping[str, str]] = {
    Action.WRITE: "contributors and maintainers",
    Action.ROLL_BACK: "maintainers, approvers and deployers",
    Action.MANAGE: "maintainers and project admins",
    Action.DEPLOY: "deployers",
    Action.DECIDE: "approvers, signed in as a person",
}


def parse_stage(text: str) -> Stage:
    """Read a stage in any case. Raises InvalidStage."""
    stage = _BY_LOWER_CASE.get(text.lower())
    if stage is None:
        raise InvalidStage(f"Invalid Model Version stage: {text[:80]}. Value must be one of {', '.join(Stage.values)}.")
    return stage


def raises_trust(before: Stage, after: Stage) -> bool:
    """Whether the step lets the version be used for more than before."""
    return _TRUST[after] > _TRUST[before]


def is_live(stage: Stage) -> bool:
    """Whether somebody may rely on a version in this stage, so that nothing under it may vanish."""
    return _TRUST[stage] > 0


def check_model_name(name: str) -> None:
    """Refuse names that a URL, a path or an eye could take for another. Raises InvalidName."""
    if not name.strip():
        raise InvalidName("Missing value for required parameter 'name': a model needs a name.")
    if len(name) > NAME_LENGTH:
        raise InvalidName(f"A model name has at most {NAME_LENGTH} characters; this one has {len(name)}.")
    if reason := _flaw(name):
        raise InvalidName(f"Invalid model name {name!r}: {reason}.")


def _flaw(name: str) -> str:
    if "/" in name or ":" in name:
        return "names cannot contain '/' or ':'"
    if name in (".", "..") or posixpath.normpath(name) != name:
        return "it would change its meaning as a part of a path"
    if name != name.strip():
        return "names cannot begin or end with a space"
    if _PERCENT_ESCAPE.search(name):
        return "names cannot contain percent escapes such as %20; write the character itself"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in name):
        return "names cannot contain invisible characters"
    if unicodedata.normalize("NFC", name) != name:
        return "write accented letters in their composed form (Unicode NFC)"
    return ""


def alias_key(alias: str) -> str:
    """What makes two aliases the same: their letters without regard to case."""
    return unicodedata.normalize("NFC", alias).casefold()


def check_alias_pattern(pattern: str) -> None:
    """Refuse what cannot name governed aliases; ``*`` in it stands for any letters. Raises InvalidName."""
    if "*" not in pattern:
        check_alias(pattern)
    elif len(pattern) > ALIAS_LENGTH or not _ALIAS_PATTERN.fullmatch(pattern):
        raise InvalidName(f"Invalid pattern {pattern[:100]!r}: use letters, digits, underscores, dashes and * only.")
    if alias_key(pattern) in MIRRORS:
        raise InvalidName(f"The alias {pattern!r} follows a stage by itself: it is governed by the promotion policy.")


def matches_alias(pattern: str, alias: str) -> bool:
    """Whether a pattern names an alias, without regard to case."""
    first, *rest = alias_key(pattern).split("*")
    key = alias_key(alias)
    if not rest:
        return key == first
    *middle, last = rest
    if len(key) < len(first) + len(last) or not key.startswith(first) or not key.endswith(last):
        return False
    place, end = len(first), len(key) - len(last)
    for part in middle:  # each where it is found first: that leaves the most to the others
        found = key.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def check_alias(alias: str) -> None:
    """Refuse aliases that MLflow's client could not address. Raises InvalidName."""
    if not alias:
        raise InvalidName("Registered model alias name cannot be empty.")
    if len(alias) > ALIAS_LENGTH:
        raise InvalidName(f"An alias has at most {ALIAS_LENGTH} characters; this one has {len(alias)}.")
    if not _ALIAS.fullmatch(alias):
        raise InvalidName(f"Invalid alias name {alias!r}: use letters, digits, underscores and dashes only.")
    if alias.lower() == "latest" or _VERSION_LIKE.fullmatch(alias):
        raise InvalidName(f"The alias {alias!r} is reserved: it already means a version. Choose another word.")


def check_tag(key: str, value: str) -> None:
    """Raises InvalidName or InvalidSource when the registry does not take the tag."""
    if not key:
        raise InvalidName("Missing value for required parameter 'key'.")
    if len(key) > TAG_KEY_LENGTH or not _TAG_KEY.fullmatch(key):
        raise InvalidName(
            f"Invalid tag key {key[:80]!r}: "
            f"use up to {TAG_KEY_LENGTH} letters, digits, '_', '-', '.', ':', '/' and spaces."
        )
    if key in (".", "..") or posixpath.normpath(key) != key or key.startswith(("/", "../")):
        raise InvalidName(f"Invalid tag key {key!r}: it would change its meaning as a path.")
    check_text(f"The value of tag {key!r}", value, TAG_VALUE_LENGTH)


def check_text(what: str, text: str, length: int) -> None:
    """Refuse what no database column takes: too long, or with a null character. Raises InvalidName."""
    if len(text) > length:
        raise InvalidName(f"{what} has {len(text)} characters; at most {length} are kept.")
    if "\x00" in text:
        raise InvalidName(f"{what} must not contain a null character.")


def text_digest(text: str) -> str:
    """How the audit log knows a free text: by its SHA-256, so that the text itself can be erased."""
    return hashlib.sha256(text.encode()).hexdigest()


def says_prompt(tags: Mapping[str, str]) -> bool:
    """Whether these tags declare a prompt, as MLflow's client reads them."""
    return tags.get(PROMPT_TAG, "").lower() == "true"


def check_prompt_source(source: str) -> None:
    """A prompt lives in its tags; its source leads nowhere. Raises InvalidSource."""
    if source not in PROMPT_SOURCES:
        raise InvalidSource(
            f"Invalid prompt source: {source[:200]!r}. Make prompts with the client's prompt functions."
        )
