"""Notes on runs and logged models."""

import pytest

from tracking import operations
from tracking.models import RunTag

NOTE = "mlflow.note.content"


@pytest.fixture
def browser(session_of, contributor):
    return session_of(contributor)


def note_of(uid):
    return RunTag.objects.filter(run__uid=uid, key=NOTE).values_list("value", flat=True).first()


def test_a_note_is_written_read_and_removed(browser, make_run):
    uid = make_run("sunny")

    response = browser.post(f"/runs/{uid}/note", {"note": "# Why\r\n\r\nbecause **so**\r\n"})

    assert response.headers["Location"] == f"/runs/{uid}"
    assert note_of(uid) == "# Why\n\nbecause **so**"
    assert "<strong>so</strong>" in browser.get(f"/runs/{uid}").content.decode()
    assert "because **so**" in browser.get(f"/runs/{uid}/note").content.decode()
    browser.post(f"/runs/{uid}/note", {"note": "  "})
    assert note_of(uid) is None


def test_a_preview_keeps_nothing(browser, make_run):
    uid = make_run("sunny")

    whole = browser.post(f"/runs/{uid}/note", {"note": "*soft*", "preview": "1"}).content.decode()
    part = browser.post(f"/runs/{uid}/note", {"note": "*soft*", "preview": "1"}, headers={"HX-Request": "true"})

    assert "<em>soft</em>" in whole
    assert "*soft*</textarea>" in whole
    assert part.content.decode().strip() == "<p><em>soft</em></p>"
    assert note_of(uid) is None


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "</textarea><script>x"],
)
def test_a_hostile_note_is_harmless_in_preview_editor_and_page(browser, make_run, hostile):
    uid = make_run("sunny")
    preview = browser.post(f"/runs/{uid}/note", {"note": hostile, "preview": "1"}).content.decode()
    browser.post(f"/runs/{uid}/note", {"note": hostile})

    for page in (preview, browser.get(f"/runs/{uid}").content.decode()):
        for bad in ("<script>", "<img src=x", 'href="javascript'):
            assert bad not in page


def test_a_note_that_is_too_long_is_kept_in_the_form(browser, make_run):
    uid = make_run("sunny")

    page = browser.post(f"/runs/{uid}/note", {"note": "x" * 8_001}).content.decode()

    assert "at most 8000 characters" in page
    assert "x" * 8_001 in page
    assert note_of(uid) is None


def test_a_note_of_the_client_is_shown(browser, contributor, project, make_run):
    uid = make_run("sunny")
    operations.set_run_tag(contributor, project, uid, key=NOTE, value="from a **script**")

    assert "<strong>script</strong>" in browser.get(f"/runs/{uid}").content.decode()


def test_a_deleted_run_takes_no_note(browser, contributor, project, make_run):
    uid = make_run("gone")
    operations.delete_run(contributor, project, uid)

    page = browser.post(f"/runs/{uid}/note", {"note": "late"}).content.decode()

    assert "active" in page
    assert "late</textarea>" in page
    assert note_of(uid) is None
