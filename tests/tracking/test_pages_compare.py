"""Runs compared: the table with the best values, pictures, two runs, their files, CSV; what is not there; the cost."""

import csv
import io
import json
import re

import pytest
from django.urls import reverse

from artifacts.operations import space_of, store_file
from artifacts.streaming import incoming
from artifacts.uris import OwnerKind
from tracking import operations
from tracking.compare.better import best_of, less_is_better
from tracking.compare.files import diff_of
from tracking.queries import find_space_owner

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def runs(make_run):
    """Three runs that differ in a param, two metrics and a tag."""
    return [
        make_run(
            name,
            metrics={"loss": loss, "acc": 1 - loss, "same": 1},
            params={"lr": lr, "layers": "3"},
            tags={"team": name},
        )
        for name, loss, lr in (("ann", 0.3, "0.1"), ("bob", 0.2, "0.01"), ("cat", 0.4, "0.001"))
    ]


@pytest.fixture
def page(contributor, session_of):
    """Shows the comparison of runs in a view, as text, to the contributor or somebody else."""

    def show(uids, person=contributor, **choices):
        answer = session_of(person).get(reverse("tracking:compare-runs"), {"run": uids, **choices})
        assert answer.status_code == 200
        return answer.content.decode()

    return show


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def line_of(html, key):
    [line] = re.findall(rf'<tr><th scope="row" class="sticky">{re.escape(key)}</th>(.*?)</tr>', html, re.DOTALL)
    return [words(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)]


def test_runs_stand_side_by_side_with_the_best_of_each_metric_marked(page, runs):
    html = page(runs)

    assert line_of(html, "loss") == ["0.3", "★ best: 0.2", "0.4"]
    assert line_of(html, "acc") == ["0.7", "★ best: 0.8", "0.6"]
    assert line_of(html, "lr") == ["0.1", "0.01", "0.001"]
    assert line_of(html, "team") == ["ann", "bob", "cat"]


def test_what_is_the_same_in_all_is_shown_when_asked_for(page, runs):
    differences, everything = page(runs), page(runs, rows="all")

    assert ">layers<" not in differences
    assert "1 the same in all, not shown" in words(differences)
    assert line_of(everything, "layers") == ["3", "3", "3"]
    assert line_of(everything, "same") == ["1", "1", "1"]


def test_a_value_that_some_lack_differs(page, runs, make_run):
    html = page([runs[0], make_run("dan", metrics={"loss": "NaN"})])

    assert line_of(html, "lr") == ["0.1", "\N{EN DASH}"]
    assert line_of(html, "loss") == ["0.3", "NaN"]


def test_columns_stand_in_the_order_of_the_address(page, runs):
    html = page(runs[::-1], view="table")

    assert re.findall(r'<span class="compare-run"><a[^>]*>(\w+)</a>', html) == ["cat", "bob", "ann"]


def test_a_run_can_be_taken_out(contributor, session_of, page, runs):
    assert f'form="drop" name="drop" value="{runs[1]}"' in page(runs)

    asked = {"run": runs, "rows": "all", "drop": runs[1]}
    answer = session_of(contributor).get(reverse("tracking:compare-runs"), asked)

    assert answer.status_code == 302
    assert answer["Location"] == f"/compare/runs?run={runs[0]}&run={runs[2]}&rows=all"


def test_what_is_not_there_and_what_may_not_be_seen_look_the_same(outsider, page, runs):
    said = words(page([runs[0], "f" * 32], outsider))
    some = page([runs[0], "f" * 32, "'\"<b>"])

    assert f"These 2 runs are not there, or you may not see them: {runs[0]}, {'f' * 32}" in said
    assert "No runs to compare yet" in said
    assert "ann" not in said
    assert "<b>" not in some
    assert line_of(page([runs[0], "f" * 32], rows="all"), "lr") == ["0.1"]


def test_an_empty_comparison_teaches(page):
    assert "tick the runs" in page([])


def test_too_many_runs_are_cut_with_a_sentence(page, make_run):
    uids = [make_run(f"run-{number}") for number in range(53)]

    html = page(uids)

    assert html.count('class="compare-run"') == 50
    assert "Only the first 50 runs are shown; 3 more are in the address." in words(html)
    assert "Only the first" not in page(uids, view="scatter")


def test_runs_without_metrics_have_no_curves(page, make_run):
    assert "logged no metrics" in page([make_run("ann")], view="curves")


def test_curves_are_drawn_from_the_api(page, runs):
    html = page(runs, view="curves")

    query = "&amp;".join(f"run={uid}" for uid in runs)
    assert f'data-metric-curves="/api/v1/metric-curves?{query}"' in html
    assert data_of(html, "metric-keys") == ["acc", "loss", "same"]


def data_of(html, name):
    [text] = re.findall(rf'<script id="{name}" type="application/json">(.*?)</script>', html, re.DOTALL)
    return json.loads(text)


@pytest.mark.parametrize("view", ["parallel", "scatter", "contour"])
def test_pictures_have_a_dimension_per_param_and_metric_that_differs_first(page, runs, make_run, view):
    words_only = make_run("dan", metrics={"loss": "NaN"}, params={"lr": "fast", "layers": "3"})

    picture = data_of(page([*runs, words_only], view=view), "picture")

    dimensions = {dimension["name"]: dimension for dimension in picture["dimensions"]}
    assert dimensions["params.lr"]["values"] == ["0.001", "0.01", "0.1", "fast"]
    assert dimensions["params.layers"]["type"] == "number"
    place = list(dimensions).index("metrics.loss")
    assert [row["values"][place] for row in picture["rows"]] == [0.3, 0.2, 0.4, None]
    assert list(dimensions).index("params.layers") > place
    assert picture["shown"] == ["params.lr", "metrics.acc", "metrics.loss"]


def test_contours_of_too_few_runs_say_so(page, runs):
    assert "at least four runs" in page(runs, view="contour")


def test_two_runs_are_compared_with_the_change_of_numbers(page, runs):
    html = words(page(runs, view="diff", left=runs[0], right=runs[2]))

    assert "lr 0.1 0.001 -0.099 (-99.0 %)" in html
    assert "loss 0.3 0.4 + 0.1 (+33.3 %) worse" in html
    assert "acc 0.7 0.6 -0.1 (-14.3 %) worse" in html
    assert "Both sides are the same" in page(runs[:1], view="diff")


@pytest.fixture
def with_files(contributor, project, runs, tmp_path, settings):
    """Two runs with files: the same, changed text, changed picture, and one that only the first has."""
    settings.ARTIFACT_ROOT = str(tmp_path)
    for number, uid in enumerate(runs[:2]):
        space = space_of(contributor, find_space_owner(project, OwnerKind.RUN, uid))
        files = {
            "same.txt": b"same",
            "config/model.yaml": b"a: 1\nb: %d\nc: <i>3</i>\n" % number,
            "plots/roc.png": PNG + bytes([number]),
            "weights.bin": b"\x00\xff%d" % number,
        }
        for path, data in files.items() if number else [*files.items(), ("only.txt", b"here")]:
            body = incoming({"CONTENT_LENGTH": str(len(data)), "wsgi.input": io.BytesIO(data)})
            store_file(contributor, space, path, body)
    return runs[:2]


def test_files_of_two_runs_are_listed_by_what_differs(page, with_files):
    html = page(with_files, view="files")

    states = re.findall(r'<th scope="row" class="lead"><button[^>]*>([^<]+)</button></th>.*?badge[^>]*>([^<]+)<', html)
    assert dict(states) == {
        "config/model.yaml": "changed",
        "only.txt": "only left",
        "plots/roc.png": "changed",
        "weights.bin": "changed",
    }
    assert ">same.txt<" in page(with_files, view="files", rows="all")


def test_texts_differ_line_by_line(page, with_files):
    html = page(with_files, view="files", path="config/model.yaml")

    assert "removed: b: 0" in words(html)
    assert "added: b: 1" in words(html)
    assert "c: &lt;i&gt;3&lt;/i&gt;" in html


def test_pictures_stand_side_by_side_and_other_files_by_digest(page, with_files):
    picture, binary = (page(with_files, view="files", path=path) for path in ("plots/roc.png", "weights.bin"))

    for uid in with_files:
        assert f'<img src="/api/v1/runs/{uid}/artifacts/plots/roc.png"' in picture
    assert "These are no texts" in binary
    assert "Neither side has a file" in page(with_files, view="files", path="nowhere")


def test_whoever_may_not_download_sees_digests_only(viewer, page, with_files):
    html = page(with_files, viewer, view="files", path="config/model.yaml")

    assert "You may not download these files" in html
    assert "removed:" not in html


def test_the_export_has_a_line_per_run_and_no_formulas(viewer, session_of, make_run, runs):
    odd = make_run("=cmd()", params={"lr": "-0.5", "note": "-1+1"}, metrics={"loss": "NaN"})

    answer = session_of(viewer).get(reverse("tracking:compare-runs-csv"), {"run": [*runs, odd]})

    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert answer["Content-Disposition"] == 'attachment; filename="runs.csv"'
    assert [row["name"] for row in rows] == ["ann", "bob", "cat", "'=cmd()"]
    assert [row["metrics.loss"] for row in rows] == ["0.3", "0.2", "0.4", "NaN"]
    assert (rows[3]["params.lr"], rows[3]["params.note"]) == ("-0.5", "'-1+1")


@pytest.mark.parametrize("view", ["table", "curves", "diff", "parallel", "scatter", "contour", "files"])
def test_a_view_costs_as_many_queries_for_forty_runs_as_for_four(
    viewer, session_of, queries_of, contributor, project, make_run, view
):
    uids = []
    for number in range(40):
        uid = make_run(f"run-{number}", metrics={"loss": number, "acc": 1}, params={"lr": str(number)}, tags={"a": "b"})
        dataset = {"name": f"d{number}", "digest": "x", "source_type": "local", "source": "{}"}
        operations.log_inputs(contributor, project, uid, datasets=[{"dataset": dataset, "tags": []}], models=[])
        uids.append(uid)
    browser = session_of(viewer)
    addresses = [f"{reverse('tracking:compare-runs')}?view={view}&run={'&run='.join(uids[:n])}" for n in (4, 40)]

    few, many = (queries_of(browser, address) for address in addresses)

    assert few == many <= 8


def test_the_table_of_many_runs_with_much_logged_stays_below_a_megabyte(page, make_run):
    uids = [
        make_run(
            f"run-{number}",
            metrics={f"m{key}": key + number / 7 for key in range(150)},
            params={f"p{key:03}": f"{number} {'x' * 400}" for key in range(90)},
        )
        for number in range(50)
    ]

    # A long address must not be repeated in every line.
    many = [*uids, *(f"{number:032x}" for number in range(450))]
    for choices in ({}, {"view": "parallel"}, {"view": "diff"}):
        html = page(many, **choices)
        assert len(html) < 1_000_000, choices
    assert "more have no room here; the CSV has them" in page(uids)


def test_the_name_of_a_metric_says_which_way_is_better():
    assert all(
        map(less_is_better, ["loss", "val_loss", "test/rmse", "mean_squared_error", "fit_time", "MAE", "val-nll"])
    )
    assert not any(map(less_is_better, ["accuracy", "auc", "f1", "r2", "maestro", "precision", "recall"]))
    assert best_of("auc", [0.5, None, float("inf"), 0.7, 0.7]) == {3, 4}
    assert best_of("auc", [0.5, None, 0.5]) == set()


def test_differences_of_long_texts_are_cut():
    long = diff_of("\n".join(f"a{n}" for n in range(3_000)), "\n".join(f"b{n}" for n in range(3_000)))

    assert long.is_cut
    assert len(long.lines) == 1_000
    assert diff_of("a\nb", "a\nb\n").why == "The texts are the same."


@pytest.mark.parametrize("view", ["table", "diff", "curves", "scatter"])
def test_values_at_the_edge_of_what_can_be_stored_are_shown(page, make_run, view):
    far = make_run("far", start_time=2**63 - 1, metrics={"loss": 1e308, "acc": float("inf")}, params={"p": "\u2028"})
    zero = make_run("zero", start_time=0, end_time=0, metrics={"loss": -1e308, "acc": "NaN"}, params={"p": ""})

    assert far in page([far, zero], view=view, rows="all")
