"""Gates about what people have written: the tags of a version, and its card."""

from collections.abc import Mapping
from typing import Any, Final

from approvals.gates.base import Context, Result, error, failed, passed, warned
from approvals.words import named
from registry.cards import SECTIONS, sections_digest
from registry.models import ModelVersionTag
from registry.queries.cards import Card, card_of

_SHOWN: Final = 80


def required_tags(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether the version has all the tags, each with something in it."""
    keys = list(dict.fromkeys(str(key) for key in config["keys"]))
    found = ModelVersionTag.objects.filter(version=context.version, key__in=keys).values_list("key", "value")
    values = {key: value for key, value in found if value.strip()}
    missing = [key for key in keys if key not in values]
    given = {
        "observed": ", ".join(f"{key}={values[key][:_SHOWN]}" for key in keys if key in values) or "none of them",
        "expected": f"the tags {', '.join(keys)}",
        "inputs": {"keys": keys, "values": {key: values[key][:_SHOWN] for key in keys if key in values}},
    }
    if missing:
        tags = "this tag" if len(missing) == 1 else "these tags"
        return failed(f"Give the version {tags}: {named(missing)}.", **given)
    return passed("It has every tag that is asked for.", **given)


def card_complete(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether every section is written: of both cards, or those that the policy names.

    A card that was taken over from another version, and not touched since, passes with a warning.
    """
    version, known = context.version, _known_sections()
    wanted = list(dict.fromkeys(str(name).strip() for name in config.get("sections", known.values())))
    if strange := [name for name in wanted if name.lower() not in known]:
        return error(f"No card has the section {named(strange)}: the policy has to name others.")
    keys = list(dict.fromkeys(known[name.lower()] for name in wanted))
    cards = [card_of(version.model), card_of(version)]
    written = {shown.section.key for card in cards for shown in card.written}
    pin = sections_digest({"model": cards[0].digest, "version": cards[1].digest})
    given = {
        "observed": f"{sum(key in written for key in keys)} of {len(keys)} sections",
        "expected": "every section" if "sections" not in config else f"the sections {', '.join(wanted)}",
        "inputs": {"sections": keys, "written": sorted(written), "card": pin},
    }
    if missing := [section.label for card in cards for section in card.missing if section.key in keys]:
        return failed(f"Write these sections of the model card: {named(missing)}.", **given)
    if (source := _taken_over(cards[1], keys)) is not None:
        sentence = f"The card is complete, but taken over from {source} as it was: see whether it still holds."
        return warned(sentence, **given)
    return passed("The model card says everything that is asked for.", **given)


def _known_sections() -> dict[str, str]:
    """The keys of all sections, by key and by label in small letters."""
    sections = [section for each in SECTIONS.values() for section in each]
    return {section.key: section.key for section in sections} | {
        section.label.lower(): section.key for section in sections
    }


def _taken_over(card: Card, keys: list[str]) -> object | None:
    """The version whose card this one still shows, if any of its sections counts."""
    return card.started_from if any(shown.section.key in keys for shown in card.written) else None
