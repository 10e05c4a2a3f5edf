"""The pages of one version: what exactly it is, how to load it, what may be done with it, and by whom."""

import re
from datetime import UTC, datetime

import pytest

from audit.models import AuditEvent
from registry import operations
from registry.models import ModelVersion
from registry.rules import Stage
from tests.registry.conftest import SOURCE
from tracking import operations as tracking

VERSION = "/models/default/fraud/versions/1"

MLMODEL = """\
flavors:
  sklearn:
    pickled_model: model.pkl
signature:
  inputs: '[{"name": "amount", "type": "double", "required": true}]'
  outputs: '[{"type": "long"}]'
"""


@pytest.fixture
def page(session_of):
    """Opens a page of version 1 as somebody."""

    def get(who, path="", status=200, **query):
        response = session_of(who).get(VERSION + path, query)
        assert response.status_code == status, response.content.decode()[:600]
        return response.content.decode()

    return get


@pytest.fixture
def send(session_of):
    """Sends a form of version 1 as somebody."""

    def post(who, path, status=302, **fields):
        response = session_of(who).post(VERSION + path, fields)
        assert response.status_code == status, response.content.decode()[:600]
        return response.content.decode()

    return post


@pytest.fixture
def trained(contributor, model, run, project, upload):
    """Version 1, made from the folder `model` of a run that logged a metric and a param."""
    upload(run, "model/MLmodel", MLMODEL)
    upload(run, "model/model.pkl", "weights")
    upload(run, "notes.txt", "not a part of it")
    metrics = [{"key": "accuracy", "value": 0.9125, "timestamp": 1, "step": 0}]
    tracking.log_batch(contributor, project, run.uid, metrics=metrics, params=[{"key": "depth", "value": "7"}])
    return operations.create_model_version(contributor, model, f"runs:/{run.uid}/model", run_uid=run.uid)


def test_the_overview_says_what_it_is_and_where_it_comes_from(page, viewer, contributor, trained, run):
    operations.set_alias(contributor, trained, "champion")
    html = page(viewer)

    assert f"/runs/{run.uid}" in html
    assert "0.9125" in html
    assert "depth" in html
    assert "@champion" in html
    assert "model.pkl" in html
    assert "notes.txt" not in html
    for uri in ("models:/fraud/1", "models:/fraud@champion"):
        assert uri in html


def test_the_signature_is_read_by_those_who_may_download(page, viewer, contributor, trained):
    html = page(contributor)

    assert "amount" in html
    assert "sklearn" in html
    assert "takes the right to download" in page(viewer)


def test_the_files_have_sizes_and_digests_and_leave_with_their_prefix(page, contributor, trained, run, session_of):
    operations.transition_stage(contributor, trained, Stage.STAGING)
    html = page(contributor, "/files")

    assert f"/runs/{run.uid}/artifacts?path=model%2Fmodel.pkl" in html
    assert "SHA-256" in html
    assert ModelVersion.objects.get().content_digest in html
    download = "/api/v1/registered-models/default/fraud/versions/1/artifacts/model.pkl"
    assert download in html
    assert b"".join(session_of(contributor).get(download).streaming_content) == b"weights"


def test_files_are_paged(page, contributor, model, run, upload, session_of, monkeypatch):
    for number in range(7):
        upload(run, f"model/{number}/part.bin", "x")
    operations.create_model_version(contributor, model, f"runs:/{run.uid}/model", run_uid=run.uid)
    from registry.queries import contents

    version = ModelVersion.objects.get()
    first = contents.files_of_version(version, size=4)
    second = contents.files_of_version(version, token=first.next_token, size=4)

    paths = [file.path for file in (*first.files, *second.files)]
    assert paths == [f"{number}/part.bin" for number in range(7)]
    assert (first.count, second.next_token) == (None, "")


def test_files_that_lie_elsewhere_are_not_listed(page, viewer, version):
    assert "Kept elsewhere" in page(viewer, "/files")


def test_a_version_is_moved_after_saying_what_will_happen(page, send, contributor, approver, model):
    for _ in range(2):
        operations.create_model_version(contributor, model, SOURCE)
    second = ModelVersion.objects.get(number=2)
    operations.transition_stage(contributor, second, Stage.PRODUCTION)

    html = page(contributor, "/transition", to="Production")
    assert "Version 2, in Production now, goes to Archived in the same moment." in html
    assert "In Production now" in html
    assert "Candidate" in html
    send(contributor, "/transition?to=Production", reason="better")
    assert [version.stage for version in ModelVersion.objects.order_by("number")] == ["Production", "Archived"]


def test_a_refused_move_keeps_the_reason(send, contributor, trained, project, run):
    tracking.delete_run(contributor, project, run.uid)
    html = send(contributor, "/transition?to=Staging", 200, reason="because it is good")

    assert "restore it" in html
    assert "because it is good" in html


def test_nobody_is_offered_a_step_they_may_not_take(page, viewer, contributor, version):
    assert "/transition" not in page(viewer)
    assert "/transition?to=Staging" in page(contributor)
    page(viewer, "/transition", status=403, to="Staging")
    page(contributor, "/transition", status=302, to="nonsense")


def test_a_version_is_described_tagged_and_given_an_alias(page, send, contributor, version):
    send(contributor, "/edit", description="The *one*")
    send(contributor, "/tags", key="team", value="risk")
    send(contributor, "/aliases", alias="champion")
    html = page(contributor)

    assert "<em>one</em>" in html
    assert "risk" in html
    assert "@champion" in html
    assert "errorlist" in send(contributor, "/aliases", 200, alias="no spaces")
    send(contributor, "/tags/delete", key="team")
    assert not version.tags.exists()


def test_a_version_goes_to_the_trash_and_comes_back(page, send, contributor, viewer, version):
    send(contributor, "/delete", reason="bad data")
    assert "in the trash" in page(viewer)
    assert "Restore" not in page(viewer)
    send(contributor, "/restore")
    assert ModelVersion.objects.get().lifecycle == "active"


def test_deleting_a_live_version_lists_what_stands_against_it(page, send, maintainer, register):
    register(Stage.PRODUCTION)

    assert "fraud/1 is in Production, move it to Archived first" in page(maintainer, "/delete")
    assert "cannot be deleted" in send(maintainer, "/delete", 200)


def test_the_history_tells_stages_aliases_and_cards_to_every_reader(page, viewer, maintainer, contributor, version):
    operations.transition_stage(contributor, version, Stage.STAGING)
    operations.set_alias(contributor, version, "champion")
    operations.revise_version_card(contributor, version, {"limitations": "few"}, comment="after review")
    operations.set_version_tag(contributor, version, "team", "risk")

    seen = page(viewer, "/history")
    for sentence in ("registered version 1", "moved it to Staging", "@champion here", "revision 1 of the card"):
        assert sentence in seen
    assert "after review" in seen
    assert "the tag" not in seen
    assert "the tag" in page(maintainer, "/history")


WRITES = ["/edit", "/delete", "/restore", "/transition?to=Staging", "/card/edit"]


@pytest.mark.parametrize("path", WRITES)
def test_viewers_get_no_form_and_outsiders_no_page(page, viewer, outsider, version, path):
    page(viewer, path, status=403)
    page(outsider, path, status=404)


@pytest.mark.parametrize("number", [0, 2, 10**12, 10**30])
def test_a_number_that_is_not_there_is_not_found(session_of, viewer, version, number):
    assert session_of(viewer).get(f"/models/default/fraud/versions/{number}").status_code == 404


def test_what_one_sees_of_a_run_of_somebody_else(page, admin, outsider, trained, run):
    from accounts.operations import grant_role
    from accounts.roles import Role

    grant_role(admin, outsider.user, Role.VIEWER, trained.model)
    html = page(outsider)

    assert "a run that you may not see" in html
    assert "0.9125" not in html
    assert f'href="/runs/{run.uid}"' not in html


@pytest.mark.parametrize("size", [1, 30])
@pytest.mark.parametrize(
    ("path", "queries"), [("", 14), ("/files", 7), ("/card", 7), ("/history", 10), ("/transition?to=Staging", 12)]
)
def test_pages_cost_a_fixed_number_of_queries(
    session_of, queries_of, maintainer, contributor, trained, run, upload, size, path, queries
):
    for number in range(size):
        upload(run, f"model/data/{number}.bin", "x")
        operations.set_version_tag(contributor, trained, f"t{number}", "x")
        operations.set_alias(contributor, trained, f"a{number}")
        operations.revise_version_card(contributor, trained, {"limitations": f"{number}"})

    assert queries_of(session_of(maintainer), VERSION + path) == queries
    assert not AuditEvent.objects.filter(outcome="denied").exists()


def test_the_history_says_in_which_stage_it_was_on_a_day(maintainer, version, page):
    operations.transition_stage(maintainer, version, Stage.STAGING)
    today = page(maintainer, "/history", at=f"{datetime.now(UTC):%Y-%m-%d}")

    assert re.search(r"it was in .*None.*, then .*Staging", today, re.DOTALL)
    assert "it was not registered yet" in page(maintainer, "/history", at="2001-01-01")
    assert "This is not a day." in page(maintainer, "/history", at="someday")
