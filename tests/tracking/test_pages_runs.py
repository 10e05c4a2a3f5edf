"""The table of an experiment's runs: filter, order, columns, pages, groups, rows that go on, and the file."""

import csv
import io
import re
from html import unescape

import pytest

from accounts.roles import Role
from tracking import operations
from tracking.columns import COMMIT_TAG, PARENT_TAG, SOURCE_TAG
from tracking.descendants import Descendant


@pytest.fixture
def pages(contributor, session_of):
    return session_of(contributor)


@pytest.fixture
def table(pages, experiment):
    """The page of the runs table as text, for the parameters of its address."""

    def table(**asked):
        answer = pages.get(f"/experiments/{experiment.pk}", asked)
        assert answer.status_code == 200
        return unescape(answer.content.decode())

    return table


def names_in(page):
    return re.findall(r'<a href="/runs/[0-9a-f]{32}">([^<]+)</a>', page)


def headings_of(page):
    return [
        re.sub(r"<[^>]+>", "", heading).strip() for heading in re.findall(r'<th scope="col"[^>]*>.*?</th>', page, re.S)
    ]


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_runs_are_shown_the_newest_first(make_run, table):
    make_run("old", start_time=1_000)
    make_run("new", start_time=2_000)

    assert names_in(table()) == ["new", "old"]


def test_a_run_is_shown_with_what_matters(make_run, table):
    make_run(
        "ann",
        metrics={"acc": 0.123456789},
        params={"model": "svm"},
        status="FINISHED",
        end_time=5_000,
    )

    page = table()

    for text in ("Finished", "5.0 s", "contributor", "0.123457", "svm", "acc", "model"):
        assert text in page


def test_without_a_choice_the_commonest_metrics_and_params_are_shown(make_run, table):
    for number in range(3):
        make_run(metrics={"acc": 1, f"rare-{number}": 1}, params={f"p{number}": "x" for number in range(9)})

    assert headings_of(table())[1:] == [
        *["Run", "Status", "Started", "Duration", "Owner"],
        *["acc", "rare-0", "rare-1", "p0", "p1", "p2"],
    ]


def test_chosen_columns_are_shown_in_the_order_of_the_address(make_run, table):
    make_run(metrics={"acc": 1}, params={"lr": "0.1"}, tags={"team": "risk"})

    page = table(column=["tags.team", "metrics.acc", "nonsense", "tags.team", "params.never"])

    assert headings_of(page)[1:] == ["Run", "team", "acc", "never"]
    assert "risk" in page


def test_source_commit_and_datasets_are_shown(contributor, project, make_run, table):
    run = make_run(tags={SOURCE_TAG: "/home/ann/train.py", COMMIT_TAG: "c0ffee" + "0" * 34})
    dataset = {"name": "customers", "digest": "x", "source_type": "local", "source": "{}"}
    operations.log_inputs(contributor, project, run, datasets=[{"dataset": dataset}])

    page = table(column=["source", "commit", "dataset"])

    assert ">train.py<" in page
    assert "c0ffee000000" in page
    assert "customers" in page


def test_what_was_made_of_a_run_is_shown(make_run, table, monkeypatch):
    run = make_run()
    made = {run: [Descendant("fraud v7", "/models/default/fraud/versions/7", "Staging")]}
    monkeypatch.setattr("tracking.descendants._finders", [lambda principal, runs: made])

    page = table()

    assert '<a class="version" href="/models/default/fraud/versions/7">fraud v7</a>' in page
    assert "stage-staging" in page


def test_nan_and_long_texts_are_shown_short(make_run, table):
    make_run(metrics={"acc": float("nan")}, params={"long": "x" * 6_000})

    page = table()

    assert "NaN" in page
    assert "x" * 401 not in page


def test_hostile_texts_stay_texts(make_run, pages, experiment):
    evil = "<script>alert(1)</script>"
    make_run(evil, params={"p": evil}, tags={"t": evil})

    page = pages.get(
        f"/experiments/{experiment.pk}?column=params.p&column=tags.t&q={evil}&group={evil}"
    ).content.decode()

    assert evil not in page


def test_a_page_stays_small_whatever_was_logged(make_run, pages, experiment):
    for _ in range(20):
        make_run(
            tags={f"tag-{number}": "x" * 5_000 for number in range(10)},
            params={f"p{number}": "y" * 6_000 for number in range(10)},
        )
    columns = "&".join(f"column=tags.tag-{number}&column=params.p{number}" for number in range(10))

    assert len(pages.get(f"/experiments/{experiment.pk}?size=100&{columns}").content) < 500_000


# --- Filter and order -------------------------------------------------------------------------------------------------


def test_a_filter_finds_runs(make_run, table):
    make_run("good", metrics={"acc": 0.9})
    make_run("bad", metrics={"acc": 0.1})

    page = table(q="metrics.acc > 0.5")

    assert names_in(page) == ["good"]
    assert 'value="metrics.acc > 0.5"' in page


@pytest.mark.parametrize(
    ("text", "marked", "said"),
    [
        ("metrics.acc >", "<mark> </mark>", "The filter ends too early. Expected a quoted string or a number"),
        ("metrics.acc > 1 or params.x = '1'", "<mark>or</mark>", "“or” cannot stand here. Expected AND"),
        ("tags.a = 'x' and color = 'red'", "<mark>color</mark>", "Invalid attribute key 'color'"),
        ("metrics.acc LIKE 'x'", "<mark>metrics.acc</mark>", "Invalid comparator"),
    ],
)
def test_a_filter_that_cannot_be_read_is_marked_where_it_is_wrong(make_run, table, text, marked, said):
    make_run("ann")

    page = table(q=text)

    assert marked in page
    assert said in page
    assert names_in(page) == []


def test_plain_words_lead_to_a_search_by_name(make_run, table):
    make_run("sunny-otter")

    page = table(q="sunny")

    assert "run_name ILIKE '%sunny%'" in page
    assert names_in(table(q="run_name ILIKE '%sunny%'")) == ["sunny-otter"]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("metrics.acc", ["low", "high", "none"]),
        ("-metrics.acc", ["high", "low", "none"]),
        ("params.lr", ["high", "low", "none"]),
        ("-run_name", ["none", "low", "high"]),
        ("-duration", ["high", "low", "none"]),
        ("duration", ["low", "high", "none"]),
        ("nonsense", ["high", "low", "none"]),
    ],
)
def test_every_column_sorts(make_run, table, sort, names):
    make_run("none", start_time=0)
    make_run("low", start_time=1_000, metrics={"acc": 1}, params={"lr": "2"}, end_time=2_000)
    make_run("high", start_time=2_000, metrics={"acc": 2}, params={"lr": "1"}, end_time=9_000)

    assert names_in(table(sort=sort)) == names


def test_a_run_that_ended_is_found_by_how_long_it_took(make_run, table):
    make_run("short", end_time=1_000)
    make_run("long", end_time=90_000)
    make_run("going")

    assert names_in(table(q="duration > 60000")) == ["long"]
    assert names_in(table(q="attributes.duration <= 1000.5")) == ["short"]


def test_deleted_runs_are_shown_on_demand(contributor, project, make_run, table):
    make_run("kept")
    operations.delete_run(contributor, project, make_run("gone"))

    assert names_in(table()) == ["kept"]
    assert names_in(table(lifecycle="deleted")) == ["gone"]
    assert set(names_in(table(lifecycle="all"))) == {"kept", "gone"}


def test_pages_lead_through_all_runs(make_run, pages, experiment):
    for number in range(60):
        make_run(f"run-{number}", start_time=number, metrics={"acc": number})
    address, seen = f"/experiments/{experiment.pk}?size=25&sort=metrics.acc", []

    for _ in range(3):
        page = unescape(pages.get(address).content.decode())
        seen += names_in(page)
        following = re.search(r'href="(\?[^"]*page_token[^"]*)">Next page', page)
        address = f"/experiments/{experiment.pk}{following[1]}" if following else ""

    assert seen == [f"run-{number}" for number in range(60)]
    assert address == ""


def test_a_made_up_page_token_is_refused(pages, experiment):
    assert pages.get(f"/experiments/{experiment.pk}?page_token=nonsense").status_code == 400


@pytest.mark.parametrize(
    "asked",
    [
        "q=%00",
        "sort=%00&column=params.%00&group=tags.%00",
        "group=params.lr&metric=%00",
        "size=99999&lifecycle=x&metric=" + "x" * 300,
        "group=params." + "x" * 300,
        "column=" + "&column=".join(f"metrics.m{number}" for number in range(300)),
    ],
)
def test_made_up_addresses_do_no_harm(make_run, pages, experiment, asked):
    make_run(metrics={"acc": 1}, params={"lr": "1"})

    assert pages.get(f"/experiments/{experiment.pk}?{asked}").status_code == 200
    for part in ("live?run=%00&", "runs/delete?run=%00&"):
        assert pages.get(f"/experiments/{experiment.pk}/{part}{asked}").status_code in (200, 400)
    for part in ("group?value=%00&", "runs.csv?"):
        assert pages.get(f"/experiments/{experiment.pk}/{part}{asked}").status_code in (200, 400)


def test_an_empty_experiment_teaches(table):
    page = table()

    assert "No runs yet" in page
    assert "mlflow.set_experiment('churn')" in page


def test_a_filter_without_a_match_leads_back(make_run, table):
    make_run()

    page = table(q="metrics.acc > 2", column="metrics.acc")

    assert "No run matches" in page
    assert 'href="?column=metrics.acc">Show all runs in use' in page


def test_the_picker_offers_what_there_is(make_run, table):
    make_run(metrics={"acc": 1}, params={"lr": "1"}, tags={"team": "risk"})

    page = table(column="metrics.acc")

    assert '<input type="checkbox" class="form-check-input" name="column" value="metrics.acc" checked>' in page
    for name in ("params.lr", "tags.team", "status"):
        assert f'name="column" value="{name}">' in page


# --- Groups -----------------------------------------------------------------------------------------------------------


def test_runs_are_grouped_with_count_and_metric(make_run, table):
    for model, score in [("svm", 0.25), ("svm", 0.75), ("knn", 0.1)]:
        make_run(params={"model": model}, metrics={"acc": score})

    page = table(group="params.model", metric="acc")

    assert re.search(r">svm</a>.*?>2</td>.*?>0.25</td>\s*<td[^>]*>0.5</td>\s*<td[^>]*>0.75</td>", page, re.S)
    assert "Highest acc" in page


def test_a_group_opens_in_place(make_run, pages, experiment):
    make_run("in", params={"model": "it's"})
    make_run("out", params={"model": "knn"})
    make_run("without")
    address = f"/experiments/{experiment.pk}/group"

    opened = pages.get(address, {"group": "params.model", "value": "it's"}).content.decode()
    without = pages.get(address, {"group": "params.model"}).content.decode()

    assert names_in(opened) == ["in"]
    assert names_in(without) == ["without"]


def test_a_groups_name_leads_to_its_runs(make_run, table, pages, experiment):
    make_run("in", params={"model": "svm"}, tags={"team": "risk"})
    make_run("out", params={"model": "svm"})

    page = table(group="params.model", q="tags.team = 'risk'", column="metrics.acc")
    link = re.search(r'<a href="(\?[^"]+)" title="Only these runs">svm', page)[1]

    assert names_in(pages.get(f"/experiments/{experiment.pk}{link}").content.decode()) == ["in"]
    assert "column=metrics.acc" in link


def test_children_are_grouped_below_their_parent(make_run, table):
    parent = make_run("sweep")
    make_run("child", tags={PARENT_TAG: parent})

    page = table(group="parent")

    assert "sweep" in page
    assert "Without a parent" in page


def test_grouping_by_nonsense_shows_the_runs(make_run, table):
    make_run("ann")

    assert names_in(table(group="metrics.acc")) == ["ann"]


# --- Rows that go on --------------------------------------------------------------------------------------------------


def test_only_while_something_runs_the_page_asks_again(make_run, table):
    make_run(status="FINISHED")
    assert "hx-trigger" not in table()

    going = make_run("going")
    assert f"/live?run={going}&" in table()


def test_a_row_that_goes_on_is_answered_as_it_is_now(contributor, project, make_run, pages, experiment):
    run = make_run("ann", metrics={"acc": 0.5})
    address = f"/experiments/{experiment.pk}/live?run={run}&column=metrics.acc&column=status"

    page = pages.get(address).content.decode()
    assert f'id="run-{run}" hx-swap-oob="true"' in page
    assert "every 10s" in page

    operations.update_run(contributor, project, run, status="FINISHED", end_time=1)
    page = pages.get(address).content.decode()
    assert "Finished" in page
    assert "every 10s" not in page


def test_runs_of_other_experiments_are_not_answered(contributor, project, make_run, pages, experiment):
    other = operations.create_experiment(contributor, project, name="other")
    run = make_run("elsewhere", experiment_id=str(other.pk))

    assert "elsewhere" not in pages.get(f"/experiments/{experiment.pk}/live?run={run}").content.decode()


# --- What is done to chosen runs --------------------------------------------------------------------------------------


def test_chosen_runs_are_tagged_and_the_table_is_as_it_was(make_run, pages, experiment, table):
    runs = [make_run("one"), make_run("two")]
    address = f"/experiments/{experiment.pk}/runs/tag?run={runs[0]}&run={runs[1]}&from=column%3Dtags.team%26evil%3D1"

    assert "Tag 2 runs" in pages.get(address).content.decode()
    sent = pages.post(address, {"key": "team", "value": "risk"})

    assert sent["Location"] == f"/experiments/{experiment.pk}?column=tags.team"
    assert table(column="tags.team").count(">risk<") == 2


def test_a_tag_is_taken_off(make_run, pages, experiment, table):
    run = make_run(tags={"team": "risk"})

    pages.post(f"/experiments/{experiment.pk}/runs/tag?run={run}", {"key": "team", "remove": "on"})

    assert ">risk<" not in table(column="tags.team")


def test_a_tag_that_cannot_be_is_said_at_its_field(make_run, pages, experiment):
    page = pages.post(f"/experiments/{experiment.pk}/runs/tag?run={make_run()}", {"key": "a*b", "value": "typed"})

    assert "names may only contain" in unescape(page.content.decode())
    assert 'value="typed"' in page.content.decode()


def test_chosen_runs_are_deleted_after_asking_and_restored(make_run, pages, experiment, table):
    run = make_run("ann")
    address = f"/experiments/{experiment.pk}/runs/"

    assert "Delete 1 run?" in pages.get(f"{address}delete?run={run}").content.decode()
    assert names_in(table()) == ["ann"]
    pages.post(f"{address}delete?run={run}")
    assert names_in(table()) == []
    pages.post(f"{address}restore?run={run}")
    assert names_in(table()) == ["ann"]


@pytest.mark.parametrize("what", ["tag", "delete", "restore"])
def test_without_runs_nothing_is_asked(pages, experiment, what):
    answer = pages.post(f"/experiments/{experiment.pk}/runs/{what}?run=nonsense", {"key": "a", "value": "b"})

    assert "No runs were chosen" in answer.content.decode()


@pytest.mark.parametrize("what", ["tag", "delete", "restore"])
def test_a_viewer_changes_no_runs(viewer, session_of, experiment, make_run, what):
    address = f"/experiments/{experiment.pk}/runs/{what}?run={make_run()}"

    assert session_of(viewer).get(address).status_code == 403
    assert session_of(viewer).post(address, {"key": "a", "value": "b"}).status_code == 403


def test_runs_of_somebody_else_are_not_offered_for_deletion(cast, session_of, experiment, make_run):
    colleague = session_of(cast("colleague", Role.CONTRIBUTOR))

    assert colleague.get(f"/experiments/{experiment.pk}/runs/delete?run={make_run()}").status_code == 403


# --- The file ---------------------------------------------------------------------------------------------------------


def file_of(pages, experiment, **asked):
    answer = pages.get(f"/experiments/{experiment.pk}/runs.csv", asked)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_the_result_is_a_file(make_run, pages, experiment):
    make_run("good", metrics={"acc": 0.9}, params={"lr": "0.1"}, start_time=1_700_000_000_000)
    make_run("bad", metrics={"acc": 0.1})

    rows = file_of(
        pages, experiment, q="metrics.acc > 0.5", column=["metrics.acc", "params.lr", "start_time", "user_id"]
    )

    [row] = rows
    assert (row["run_name"], row["metrics.acc"], row["params.lr"]) == ("good", "0.9", "0.1")
    assert row["start_time"] == "2023-11-14T22:13:20.000+00:00"
    assert row["user_id"] == "contributor"


def test_a_file_holds_all_pages(make_run, pages, experiment, monkeypatch):
    monkeypatch.setattr("tracking.views.runs_csv._CHUNK", 2)
    for number in range(5):
        make_run(f"run-{number}", start_time=number)

    assert [row["run_name"] for row in file_of(pages, experiment)] == [f"run-{number}" for number in (4, 3, 2, 1, 0)]


def test_a_file_ends_somewhere(make_run, pages, experiment, monkeypatch):
    monkeypatch.setattr("tracking.views.runs_csv._CHUNK", 2)
    monkeypatch.setattr("tracking.views.runs_csv.MOST_ROWS", 4)
    for number in range(6):
        make_run(f"run-{number}")

    assert len(file_of(pages, experiment)) == 4


def test_no_cell_is_a_formula(make_run, pages, experiment):
    make_run("=1+1", params={"p": "@SUM(A1)"})

    [row] = file_of(pages, experiment, column="params.p")

    assert (row["run_name"], row["params.p"]) == ("'=1+1", "'@SUM(A1)")


def test_a_file_of_a_wrong_filter_is_refused(pages, experiment):
    assert pages.get(f"/experiments/{experiment.pk}/runs.csv?q=nonsense").status_code == 400


# --- What it costs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        "size=25",
        "size=100",
        "size=100&column=metrics.acc&column=params.lr&column=dataset&column=versions&sort=-metrics.acc",
        "q=params.lr+%3D+%271%27&sort=metrics.acc",
        "group=params.lr&metric=acc",
        "group=parent",
        "lifecycle=all",
    ],
)
def test_a_page_costs_the_same_at_any_number_of_runs(pages, experiment, make_run, queries_of, asked):
    address = f"/experiments/{experiment.pk}?{asked}"
    for number in range(12):
        make_run(metrics={"acc": number}, params={"lr": str(number % 2)})
    few = queries_of(pages, address)

    for number in range(110):
        make_run(metrics={"acc": number}, params={"lr": str(number % 2)})
    # An order by a metric goes through runs with a number, with NaN and without, until the page is full.
    assert queries_of(pages, address) <= few <= 18


def test_rows_that_go_on_cost_the_same_however_many(pages, experiment, make_run, queries_of):
    runs = [make_run(metrics={"acc": 1}) for _ in range(40)]
    address = f"/experiments/{experiment.pk}/live?column=metrics.acc&column=status&run="

    one = queries_of(pages, address + runs[0])
    assert queries_of(pages, address + "&run=".join(runs)) == one <= 8
