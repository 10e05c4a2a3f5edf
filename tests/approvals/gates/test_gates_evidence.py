"""The gates about what people have written: tags, and the model card."""

import pytest

from registry.cards import SECTIONS, Place
from registry.operations import revise_model_card, revise_version_card
from registry.queries.cards import card_revision_of

TAGS = {
    "all there": ({"owner_team": "risk", "risk_class": "high"}, "pass", "It has every tag that is asked for."),
    "one missing": ({"owner_team": "risk"}, "fail", "Give the version this tag: risk_class."),
    "one blank": ({"owner_team": "risk", "risk_class": "  "}, "fail", "Give the version this tag: risk_class."),
    "another spelling": ({"owner_team": "risk", "Risk_Class": "x"}, "fail", "Give the version this tag: risk_class."),
    "none": ({}, "fail", "Give the version these tags: owner_team and risk_class."),
}


@pytest.mark.parametrize("case", TAGS)
def test_required_tags(case, make_version, judge):
    tags, outcome, sentence = TAGS[case]

    result = judge(make_version(tags=tags), "required_tags", keys=["owner_team", "risk_class"])

    assert (result.outcome, result.sentence) == (outcome, sentence)
    assert result.expected == "the tags owner_team, risk_class"


def test_tags_of_the_run_do_not_count(make_version, judge):
    assert judge(make_version(), "required_tags", keys=["mlflow.runName"]).outcome == "fail"


def test_the_values_of_tags_are_seen(make_version, judge):
    result = judge(make_version(tags={"owner_team": "risk" * 50}), "required_tags", keys=["owner_team"])

    assert result.observed == f"owner_team={('risk' * 50)[:80]}"


# --- The card ---------------------------------------------------------------------------------------------------------

WRITTEN = {place: {section.key: "Written." for section in SECTIONS[place]} for place in Place}


@pytest.fixture
def write(contributor, model):
    """Writes sections of both cards of a version."""

    def write(version, on_model=WRITTEN[Place.MODEL], on_version=WRITTEN[Place.VERSION]):
        revise_model_card(contributor, model, on_model)
        revise_version_card(contributor, version, on_version)

    return write


def test_a_complete_card_passes(make_version, write, judge):
    version = make_version()
    write(version)

    result = judge(version, "card_complete")

    assert (result.outcome, result.observed) == ("pass", "11 of 11 sections")
    assert result.inputs["card"] == card_revision_of(version).digest


def test_a_card_without_anything_fails(make_version, judge):
    result = judge(make_version(), "card_complete")

    assert result.outcome == "fail"
    assert result.sentence.startswith("Write these sections of the model card: Model details, Intended use")
    assert result.sentence.endswith("and 6 more.")


def test_a_section_missing_on_either_card_fails(make_version, write, judge):
    version = make_version()
    write(version, WRITTEN[Place.MODEL] | {"contact": ""}, WRITTEN[Place.VERSION] | {"limitations": " "})

    result = judge(version, "card_complete")

    assert result.sentence == "Write these sections of the model card: Owner and contact and Limitations."
    assert result.observed == "9 of 11 sections"


@pytest.mark.parametrize("name", ["intended_use", "Intended use", "INTENDED_USE"])
def test_only_the_sections_that_the_policy_names_count(name, make_version, write, judge):
    version = make_version()
    write(version, {"intended_use": "Card payments."}, {})

    result = judge(version, "card_complete", sections=[name])

    assert (result.outcome, result.observed) == ("pass", "1 of 1 sections")


def test_a_section_that_no_card_has_is_an_error(make_version, judge):
    result = judge(make_version(), "card_complete", sections=["intended_use", "Poetry"])

    assert result.outcome == "error"
    assert result.sentence == "No card has the section Poetry: the policy has to name others."


def test_a_card_taken_over_from_the_version_before_only_warns(make_version, write, judge):
    write(make_version())

    result = judge(make_version(), "card_complete")

    assert result.outcome == "warn"
    assert "taken over from fraud/1 as it was" in result.sentence
    assert not result.blocks


def test_a_card_taken_over_and_then_edited_passes(contributor, make_version, write, judge):
    write(make_version())
    version = make_version()
    revise_version_card(contributor, version, {"limitations": "Weak on new merchants."})

    assert judge(version, "card_complete").outcome == "pass"
