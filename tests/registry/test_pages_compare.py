"""Versions compared: facts, what their runs logged, cards, files; what is not there; the cost."""

import csv
import io
import re

import pytest
from django.urls import reverse

from accounts.operations import grant_role
from accounts.roles import Role
from artifacts.operations import space_of, store_file
from artifacts.streaming import incoming
from artifacts.uris import OwnerKind
from registry import operations
from registry.queries.comparing import read_reference
from registry.rules import Stage
from tracking import operations as tracking
from tracking.queries import find_space_owner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.ARTIFACT_ROOT = str(tmp_path)


@pytest.fixture
def trained(contributor, project, model):
    """Registers a version of `fraud` made by a run with files."""
    experiment = tracking.create_experiment(contributor, project, name="training")

    def make(accuracy, depth, **files):
        uid = tracking.create_run(contributor, project, experiment_id=str(experiment.pk), start_time=0).head.uid
        tracking.log_batch(
            contributor,
            project,
            uid,
            metrics=[{"key": "accuracy", "value": accuracy, "timestamp": 0}],
            params=[{"key": "depth", "value": depth}],
        )
        space = space_of(contributor, find_space_owner(project, OwnerKind.RUN, uid))
        for name, text in files.items():
            body = incoming({"CONTENT_LENGTH": str(len(text)), "wsgi.input": io.BytesIO(text.encode())})
            store_file(contributor, space, f"model/{name}", body)
        source = f"mlflow-artifacts:/{experiment.pk}/{uid}/artifacts/model"
        return operations.create_model_version(contributor, model, source, run_uid=uid)

    return make


@pytest.fixture
def two(contributor, trained):
    """Two versions; the second is in Staging and its card says more."""
    trained(0.8, "3", MLmodel="flavor: tree\nsignature: a\n", data="same")
    second = trained(0.9, "5", MLmodel="flavor: tree\nsignature: b\n", data="same", extra="more")
    operations.revise_version_card(contributor, second, {"limitations": "Knows no small shops"})
    operations.transition_stage(contributor, second, Stage.STAGING)
    operations.set_alias(contributor, second, "champion")
    return ["default/fraud/1", "default/fraud/2"]


@pytest.fixture
def page(contributor, session_of):
    """Shows the comparison of versions in a view, as text, to the contributor or somebody else."""

    def show(references, person=contributor, **choices):
        answer = session_of(person).get(reverse("registry:compare-versions"), {"version": references, **choices})
        assert answer.status_code == 200
        return answer.content.decode()

    return show


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def line_of(html, key):
    [line] = re.findall(rf'<tr><th scope="row" class="sticky">{re.escape(key)}</th>(.*?)</tr>', html, re.DOTALL)
    return [words(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)]


def test_versions_stand_side_by_side_with_what_their_runs_logged(page, two):
    html = page(two)

    assert line_of(html, "Stage") == ["None", "Staging"]
    assert line_of(html, "Aliases") == ["\N{EN DASH}", "@champion, @staging"]
    assert line_of(html, "depth") == ["3", "5"]
    assert line_of(html, "accuracy") == ["0.8", "★ best: 0.9"]
    assert line_of(html, "Limitations") == ["\N{EN DASH}", "Knows no small shops"]
    assert ">Author<" not in html
    assert line_of(page(two, rows="all"), "Author") == ["contributor", "contributor"]


def test_two_versions_are_compared_with_the_change_of_numbers(page, two):
    html = words(page(two, view="diff"))

    assert "accuracy 0.8 0.9 + 0.1 (+12.5 %) better" in html
    assert "Stage None Staging" in html


def test_files_are_compared_by_digest_and_the_description_line_by_line(page, two):
    html = page(two, view="files")

    states = re.findall(r'<th scope="row" class="lead"><button[^>]*>([^<]+)</button></th>.*?badge[^>]*>([^<]+)<', html)
    assert dict(states) == {"MLmodel": "changed", "extra": "only right"}
    assert "removed: signature: a" in words(html)
    assert "added: signature: b" in words(html)


def test_the_curves_are_those_of_the_runs(page, two):
    assert page(two, view="curves").count("run=") == 4


def test_what_is_not_there_and_what_may_not_be_seen_look_the_same(page, outsider, two):
    said = words(page([two[0], "default/nothing/1", "odd"], outsider))

    assert f"These 3 versions are not there, or you may not see them: {two[0]}, default/nothing/1, odd." in said
    assert "No versions to compare yet" in said


def test_a_run_that_may_not_be_seen_is_said_to_be_missing(admin, page, cast, two, version):
    guest = cast("guest")
    grant_role(admin, guest.user, Role.VIEWER, version.model)
    guest = type(guest)(guest.user, auth="session")

    html = page(two, guest)

    assert "The runs of 2 versions are not here, or you may not see them" in words(html)
    assert "accuracy" not in html
    assert line_of(html, "Stage") == ["None", "Staging"]


@pytest.mark.parametrize(
    "text", ["", "a/b", "a/b/c", "a/b/-1", "a/b/99999999999", "a//1", "/b/1", "a/b\x00/1", "a/b/²"]
)
def test_what_names_no_version_is_none(text):
    assert read_reference(text) is None


def test_the_export_has_a_line_per_version(contributor, outsider, session_of, two):
    address, asked = reverse("registry:compare-versions-csv"), {"version": two}

    text, nothing = (
        b"".join(session_of(person).get(address, asked).streaming_content).decode()
        for person in (contributor, outsider)
    )

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["version"] for row in rows] == two
    assert [row["metrics.accuracy"] for row in rows] == ["0.8", "0.9"]
    assert [row["card.Limitations"] for row in rows] == ["", "Knows no small shops"]
    assert nothing.strip() == "version"


def test_a_reference_is_a_project_a_model_and_a_number():
    assert str(read_reference("default/fraud v2/17")) == "default/fraud v2/17"


@pytest.mark.parametrize("view", ["table", "diff", "files", "curves"])
def test_a_view_costs_as_many_queries_for_ten_versions_as_for_two(contributor, session_of, queries_of, trained, view):
    for number in range(10):
        version = trained(number / 10, str(number), MLmodel=f"a: {number}")
        operations.revise_version_card(contributor, version, {"limitations": f"{number}"})
    browser, base = session_of(contributor), reverse("registry:compare-versions")
    references = [f"version=default/fraud/{number}" for number in range(1, 11)]

    few, many = (queries_of(browser, f"{base}?view={view}&{'&'.join(references[:n])}") for n in (2, 10))

    assert few == many <= 12
