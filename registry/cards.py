"""What a model card says: its sections, and where each of them is written.

What a model is for does not change from one version to the next and stands on the model; what a version was made from
and how good it is stands on the version. The words are those of model-card practice.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from audit.canonical import canonical_bytes
from registry.exceptions import InvalidName
from registry.rules import check_text

SECTION_LENGTH: Final = 20_000
#: More lines than anybody reads cannot be compared line by line in good time either.
SECTION_LINES: Final = 500
COMMENT_LENGTH: Final = 500


class Place(StrEnum):
    """Whose card a section belongs to."""

    MODEL = "model"
    VERSION = "version"


@dataclass(frozen=True)
class Section:
    """One heading of a card; ``hint`` says what belongs below it."""

    key: str
    label: str
    hint: str


#: The sections of each card, in the order in which they are read.
SECTIONS: Final[Mapping[Place, tuple[Section, ...]]] = {
    Place.MODEL: (
        Section(
            "model_details", "Model details", "What kind of model it is, what goes in and what comes out, licence."
        ),
        Section("intended_use", "Intended use", "What it is made for, who uses it, and what is decided with it."),
        Section("out_of_scope_use", "Out-of-scope use", "What it must not be used for, though somebody might."),
        Section(
            "ethical_considerations",
            "Ethical considerations",
            "Whom it can harm and how, personal data, fairness, and what was done about it.",
        ),
        Section(
            "human_oversight", "Human oversight", "Who watches it, who may overrule it, and how it is switched off."
        ),
        Section("contact", "Owner and contact", "Who answers for it, and how to reach them when it misbehaves."),
    ),
    Place.VERSION: (
        Section("training_data", "Training data", "Where it comes from, what period it covers, how it was cleaned."),
        Section("evaluation_data", "Evaluation data", "What it was tested on, and why that stands for real use."),
        Section("factors", "Factors", "Groups, instruments and conditions under which it may work better or worse."),
        Section("metrics", "Metrics and results", "What was measured and why, the results, also for each group."),
        Section("limitations", "Limitations", "Where it fails, how sure it is, and what to check before use."),
    ),
}


def check_sections(place: Place, sections: Mapping[str, Any]) -> None:
    """Raises InvalidName for a section that this card does not have, or a text that is longer than anybody reads."""
    known = {section.key: section for section in SECTIONS[place]}
    for key, text in sections.items():
        if key not in known:
            elsewhere = " It stands on the other card." if key in _everywhere() else ""
            raise InvalidName(
                f"A {place} card has no section {str(key)[:80]!r}.{elsewhere} It has {', '.join(sorted(known))}."
            )
        what = f"The section “{known[key].label}”"
        check_text(what, text, SECTION_LENGTH)
        if (lines := len(text.splitlines())) > SECTION_LINES:
            raise InvalidName(f"{what} has {lines} lines; at most {SECTION_LINES} are kept.")


def merged(before: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The sections after ``changes``; what is empty is left out."""
    return {key: text for key, text in sorted({**before, **changes}.items()) if text.strip()}


def sections_digest(sections: Mapping[str, str]) -> str:
    """The SHA-256 of a card's text."""
    return hashlib.sha256(canonical_bytes({"sections": dict(sections), "v": 1})).hexdigest()


def _everywhere() -> set[str]:
    return {section.key for sections in SECTIONS.values() for section in sections}
