"""The pages of model cards: read, written, compared, and never overwritten unseen."""

import pytest
from django.urls import reverse

from registry.models import ModelVersion, RegisteredModel
from registry.operations import revise_model_card, revise_version_card
from registry.queries.cards import card_of

CARD = "/models/default/fraud/card"
VERSION_CARD = "/models/default/fraud/versions/1/card"


def test_a_card_is_written_and_read(session_of, contributor, viewer, model):
    browser = session_of(contributor)
    assert "Nobody wrote this card yet" in browser.get(CARD).content.decode()
    browser.post(f"{CARD}/edit", {"based_on": "0", "intended_use": "Holds **transfers**", "comment": "first"})

    html = session_of(viewer).get(CARD).content.decode()
    assert "<strong>transfers</strong>" in html
    assert "Not written yet: " in html
    assert "“first”" in html
    assert f"{CARD}/edit" not in html


def test_editing_an_old_revision_keeps_what_was_typed_and_shows_the_difference(
    session_of, contributor, maintainer, model
):
    revise_model_card(maintainer, model, {"contact": "desk@bank"})
    browser = session_of(contributor)
    typed = {"based_on": "0", "contact": "me@bank", "intended_use": "Transfers", "comment": "mine"}
    html = browser.post(f"{CARD}/edit", typed).content.decode()

    assert "maintainer saved revision 1 of this card" in html
    assert "me@bank" in html
    assert "Save on top of revision 1" in html
    assert "removed: </span>" in html
    assert card_of(RegisteredModel.objects.get()).text_of("contact") == "desk@bank"
    assert browser.post(f"{CARD}/edit", typed | {"based_on": "1"}).status_code == 302
    assert card_of(RegisteredModel.objects.get()).text_of("contact") == "me@bank"


def test_a_text_that_is_too_long_is_refused_at_its_field(session_of, contributor, version):
    html = session_of(contributor).post(f"{VERSION_CARD}/edit", {"based_on": "0", "limitations": "x" * 20_001})

    assert "errorlist" in html.content.decode()
    assert ModelVersion.objects.get().card is None


def test_lines_are_kept_as_scripts_write_them(session_of, contributor, version):
    session_of(contributor).post(f"{VERSION_CARD}/edit", {"based_on": "0", "limitations": "one\r\ntwo"})

    assert card_of(ModelVersion.objects.get()).text_of("limitations") == "one\ntwo"


def test_a_new_version_says_whose_card_it_took_over(session_of, contributor, viewer, version, register):
    revise_version_card(contributor, version, {"limitations": "few"})
    second = register()

    html = session_of(viewer).get(f"/models/default/fraud/versions/{second.number}/card").content.decode()
    assert "Taken over from" in html
    assert "few" in html


def test_revisions_can_be_compared(session_of, contributor, viewer, model):
    for text in ("one", "two", "three"):
        revise_model_card(contributor, model, {"contact": text})
    browser = session_of(viewer)

    last = browser.get(f"{CARD}/revisions/3").content.decode()
    assert "since revision 2" in last
    assert "two" in last
    assert "since revision 1" in browser.get(f"{CARD}/revisions/3", {"against": "1"}).content.decode()
    assert "first words" not in last
    assert browser.get(f"{CARD}/revisions/9").status_code == 404
    assert browser.get(f"{CARD}/revisions/{10**20}").status_code == 404


@pytest.mark.parametrize("name", ["model-card", "version-card"])
def test_outsiders_see_no_card(session_of, outsider, version, name):
    where = {"project": "default", "name": "fraud"} | ({"number": 1} if name == "version-card" else {})

    assert session_of(outsider).get(reverse(f"registry:{name}", kwargs=where)).status_code == 404
