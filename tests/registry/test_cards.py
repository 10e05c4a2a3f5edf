"""Model cards: sections on the model and on its versions, in revisions that stay."""

import pytest

from audit.exceptions import PermissionDenied
from registry import operations
from registry.cards import SECTION_LENGTH, Place, sections_digest
from registry.exceptions import CardHasMovedOn, InvalidName
from registry.models import CardRevision, ModelVersion, RegisteredModel
from registry.operations import revise_model_card, revise_version_card
from registry.queries.cards import card_at, card_of, card_revision_of, revisions_of
from tests.native_api import call, results

CARD = "/registered-models/default/fraud/card"


def fresh(owner):
    return type(owner).objects.get(pk=owner.pk)


def test_a_card_is_saved_in_revisions_and_recorded(contributor, model, last_event):
    revise_model_card(contributor, model, {"intended_use": "Transfers"}, comment="first words")
    revise_model_card(contributor, model, {"contact": "risk@bank"}, based_on=1)

    card = card_of(fresh(model))
    assert (card.number, card.text_of("intended_use"), card.text_of("contact")) == (2, "Transfers", "risk@bank")
    assert [revision.number for revision in revisions_of(model)] == [2, 1]
    event = last_event(model)
    assert event["action"] == "registered_model.card_revised"
    assert event["before"]["revision"] == 1
    assert event["after"] == {"revision": 2, "card_sha256": card.digest}


def test_an_empty_section_is_taken_away(contributor, model):
    revise_model_card(contributor, model, {"intended_use": "Transfers", "contact": "risk@bank"})
    revise_model_card(contributor, model, {"contact": " "})

    assert [written.section.key for written in card_of(fresh(model)).written] == ["intended_use"]


def test_saving_the_same_text_makes_no_revision(contributor, model):
    revise_model_card(contributor, model, {"intended_use": "Transfers"})
    again = revise_model_card(contributor, model, {"intended_use": "Transfers"}, based_on=1)

    assert again is not None
    assert again.number == 1
    assert CardRevision.objects.count() == 1


def test_what_belongs_to_the_version_is_refused_on_the_model(contributor, model):
    with pytest.raises(InvalidName, match="stands on the other card"):
        revise_model_card(contributor, model, {"training_data": "2024"})


def test_a_section_that_is_too_long_is_refused(contributor, version):
    with pytest.raises(InvalidName, match="at most 20000"):
        revise_version_card(contributor, version, {"limitations": "x" * (SECTION_LENGTH + 1)})


def test_a_section_of_too_many_lines_is_refused(contributor, version):
    with pytest.raises(InvalidName, match="has 501 lines"):
        revise_version_card(contributor, version, {"limitations": "x\n" * 501})


def test_editing_an_old_revision_is_refused_with_a_name(contributor, maintainer, version):
    revise_version_card(contributor, version, {"limitations": "small loans"}, based_on=0)

    with pytest.raises(CardHasMovedOn, match="contributor saved revision 1 of this card"):
        revise_version_card(maintainer, version, {"limitations": "large loans"}, based_on=0)
    with pytest.raises(CardHasMovedOn):
        revise_version_card(maintainer, version, {"limitations": "large loans"}, based_on=7)
    assert card_of(fresh(version)).text_of("limitations") == "small loans"


def test_a_viewer_cannot_save_a_card(viewer, model, version, denied):
    with pytest.raises(PermissionDenied):
        revise_model_card(viewer, model, {"contact": "me"})
    with pytest.raises(PermissionDenied):
        revise_version_card(viewer, version, {"limitations": "none"})

    assert denied() == [(viewer.uid, "revise_model_card"), (viewer.uid, "revise_version_card")]


def test_a_new_version_starts_from_the_card_of_the_one_before(contributor, version, register):
    revise_version_card(contributor, version, {"training_data": "2024", "limitations": "small loans"})
    second = register()

    card = card_of(fresh(second))
    assert (card.number, card.started_from) == (0, version)
    revise_version_card(contributor, second, {"training_data": "2025"}, based_on=0)
    card = card_of(fresh(second))
    assert (card.number, card.started_from) == (1, None)
    assert card.text_of("training_data") == "2025"
    assert card.text_of("limitations") == "small loans"
    assert card_of(fresh(version)).text_of("training_data") == "2024"


def test_a_copy_starts_from_the_card_of_what_it_copies(contributor, project, version):
    revise_version_card(contributor, version, {"training_data": "2024"})
    other = operations.create_registered_model(contributor, project, "fraud-live")
    copy = operations.create_model_version(contributor, other, "models:/fraud/1")

    assert card_of(fresh(copy)).started_from == version


def test_the_pin_of_a_version_moves_with_either_card(contributor, model, version):
    pins = [card_revision_of(version)]
    revise_model_card(contributor, model, {"contact": "risk@bank"})
    pins.append(card_revision_of(version))
    revise_version_card(contributor, version, {"limitations": "small loans"})
    pins.append(card_revision_of(version))

    assert (pins[0].model_revision, pins[0].version_revision) == (None, None)
    assert pins[2].model_revision == fresh(model).card_id
    assert pins[2].version_revision == fresh(version).card_id
    assert len({pin.digest for pin in pins}) == 3


def test_a_revision_can_be_read_as_it_was(contributor, model):
    revise_model_card(contributor, model, {"contact": "first"})
    revise_model_card(contributor, model, {"contact": "second"})

    assert card_at(model, 1).text_of("contact") == "first"


def test_every_section_stands_on_one_card_only():
    from registry.cards import SECTIONS

    keys = [section.key for place in Place for section in SECTIONS[place]]
    assert len(keys) == len(set(keys))
    assert sections_digest({}) != sections_digest({"contact": "x"})


def test_the_api_shows_saves_and_lists_cards(client_of, contributor, version):
    client = client_of(contributor)
    empty = call(client, "get", CARD)
    saved = call(client, "patch", CARD, {"sections": {"contact": "risk"}, "based_on": 0, "comment": "who"})

    assert empty["revision"] == 0
    assert empty["sections"]["contact"] == ""
    assert "contact" in empty["missing"]
    assert saved["revision"] == 1
    assert saved["sections"]["contact"] == "risk"
    assert saved["author"] == "contributor"
    (revision,) = results(client, f"{CARD}/revisions")
    assert revision["comment"] == "who"
    assert call(client, "get", f"{CARD}/revisions/1")["sections"]["contact"] == "risk"
    call(client, "get", f"{CARD}/revisions/2", status=404)
    call(client, "patch", CARD, {"sections": {"contact": "me"}, "based_on": 0}, status=409)


def test_the_api_says_which_card_a_version_started_from(client_of, contributor, version, register):
    client = client_of(contributor)
    call(client, "patch", "/registered-models/default/fraud/versions/1/card", {"sections": {"limitations": "few"}})
    register()

    card = call(client, "get", "/registered-models/default/fraud/versions/2/card")
    assert card["started_from"] == "default/fraud/1"
    assert (card["revision"], card["sections"]["limitations"]) == (0, "few")


def test_the_cards_of_what_one_may_not_see_are_not_there(client_of, outsider, version):
    client = client_of(outsider)

    call(client, "get", CARD, status=404)
    call(client, "patch", "/registered-models/default/fraud/versions/1/card", {"sections": {}}, status=404)
    assert RegisteredModel.objects.get().card is None
    assert ModelVersion.objects.get().card is None
