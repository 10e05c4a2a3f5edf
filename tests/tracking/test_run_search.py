"""Searching runs: what a filter finds, in which order, page by page, and for whom."""

import pytest

from audit.exceptions import InvalidInput
from tracking import operations
from tracking.queries import RunView, get_run, search_runs

pytestmark = pytest.mark.django_db
NAN = "NaN"


@pytest.fixture
def find(contributor, project, experiment):
    """The names of the runs that a search finds, in order."""

    def search(filter_string="", *order_by, **arguments):
        arguments.setdefault("experiment_ids", [str(experiment.pk)])
        actor = arguments.pop("actor", contributor)
        page = search_runs(actor, project, filter_string=filter_string, order_by=order_by, **arguments)
        return [row.head.name for row in page.rows]

    return search


@pytest.fixture
def three(make_run):
    """Three runs, the newest first in the alphabet."""
    make_run("ann", start_time=30, metrics={"acc": 0.9, "f1 score": 1}, params={"lr": "0.1"}, tags={"team": "Red"})
    make_run("bob", start_time=20, metrics={"acc": 0.5, "odd": NAN}, params={"lr": "0.10"}, tags={"team": "red"})
    make_run("cid", start_time=10, metrics={"loss": 2}, params={"depth": "3"}, status="FINISHED", end_time=40)


FOUND = [
    ("metrics.acc > 0.5", "ann"),
    ("metrics.acc >= 0.5", "ann bob"),
    ("metrics.acc < 0.9", "bob"),
    ("metrics.acc <= 0.9", "ann bob"),
    ("metrics.acc = 0.5", "bob"),
    ("metrics.acc != 0.5", "ann"),
    ("metrics.`f1 score` = 1", "ann"),
    ('metrics."f1 score" = 1.0', "ann"),
    ("metrics.Acc > 0", ""),
    ("metrics.odd > -1", ""),
    ("metrics.odd < 1", ""),
    ("metrics.odd = 0", ""),
    ("metrics.odd != 0", "bob"),
    ("params.lr = '0.1'", "ann"),
    ("params.lr != '0.1'", "bob"),
    ("params.lr LIKE '0.1%'", "ann bob"),
    ("params.lr LIKE '0_1'", "ann"),
    ("params.lr IS NULL", "cid"),
    ("params.lr IS NOT NULL", "ann bob"),
    ("tags.team = 'red'", "bob"),
    ("tags.team != 'red'", "ann"),
    ("tags.team LIKE 'R%'", "ann"),
    ("tags.team LIKE 'r%'", "bob"),
    ("tags.team ILIKE 'r%'", "ann bob"),
    ("tags.team ILIKE 'RED'", "ann bob"),
    ("tags.team IS NULL", "cid"),
    ("tags.mlflow.runName = 'bob'", "bob"),
    ("tags.`mlflow.runName` LIKE '%i%'", "cid"),
    ("run_name = 'ann'", "ann"),
    ("attributes.`Run Name` LIKE '_nn'", "ann"),
    ("run_name != 'ann'", "bob cid"),
    ("status = 'FINISHED'", "cid"),
    ("status != 'FINISHED'", "ann bob"),
    ("status = 'finished'", ""),
    ("status ILIKE 'finished'", "cid"),
    ("user_id = 'contributor'", "ann bob cid"),
    ("user_id != 'contributor'", ""),
    ("start_time > 10", "ann bob"),
    ("start_time > 10.5", "ann bob"),
    ("start_time >= 19.5", "ann bob"),
    ("start_time < 10.5", "cid"),
    ("start_time <= 19.5", "cid"),
    ("start_time = 10.5", ""),
    ("start_time != 10.5", "ann bob cid"),
    ("start_time < 1e300", "ann bob cid"),
    ("start_time > 99999999999999999999", ""),
    ("created = 20", "bob"),
    ("end_time = 40", "cid"),
    ("end_time != 40", ""),
    ("artifact_uri LIKE 'mlflow-artifacts:/%/artifacts'", "ann bob cid"),
    ("artifact_uri = 's3://elsewhere'", ""),
    ("metrics.acc > 0 AND params.lr = '0.1' and tags.team = 'Red'", "ann"),
    ("metrics.acc > 0.6 AND metrics.acc < 0.8", ""),
    ("params.lr = '0.1' AND params.depth = '3'", ""),
]


@pytest.mark.parametrize(("text", "names"), FOUND)
def test_a_filter_finds_the_runs_it_describes(three, find, text, names):
    assert find(text) == names.split()


@pytest.mark.parametrize("order", ["metrics.acc DESC", "params.lr", "tags.team DESC", "end_time"])
def test_an_order_changes_nothing_about_what_is_found(three, find, order):
    wrong = {text: found for text, names in FOUND if sorted(found := find(text, order)) != names.split()}

    assert wrong == {}


def test_runs_are_found_by_their_ids(three, make_run, find):
    first, second = make_run("dan"), make_run("eve")

    assert find(f"run_id = '{first}'") == ["dan"]
    assert find(f"attributes.run_id IN ('{first}', '{second}', 'nobody')", "run_name") == ["dan", "eve"]
    assert "dan" not in find(f"run_id NOT IN ('{first}')")
    assert find(f"run_id LIKE '{first[:31]}_'") == ["dan"]
    assert find(f"run_id IN ('{first}') AND run_id IN ('{second}')") == []


def test_runs_are_found_by_their_datasets(three, make_run, find, contributor, project):
    def read(run_id, name, context):
        dataset = {"name": name, "digest": f"of {name}", "source_type": "local", "source": "{}"}
        tags = [{"key": "mlflow.data.context", "value": context}]
        operations.log_inputs(contributor, project, run_id, datasets=[{"dataset": dataset, "tags": tags}])

    trained, tested = make_run("dan", start_time=2), make_run("eve", start_time=1)
    read(trained, "iris", "train")
    read(tested, "iris", "test")
    read(tested, "wine", "test")

    assert find("dataset.name = 'iris'") == ["dan", "eve"]
    assert find("datasets.digest = 'of wine'") == ["eve"]
    assert find("dataset.context = 'train'") == ["dan"]
    assert find("dataset.name IN ('wine', 'beer')") == ["eve"]
    assert find("dataset.name LIKE 'i%' AND dataset.context != 'train'") == ["eve"]


def test_long_values_are_told_apart_beyond_what_is_indexed(make_run, find):
    start = "x" * 200
    make_run("ann", params={"text": start + "a"})
    make_run("bob", params={"text": start + "b"})

    assert find(f"params.text = '{start}b'") == ["bob"]
    assert find("", "params.text DESC") == ["bob", "ann"]


def test_letters_beyond_ascii_match_without_regard_to_case_on_sqlite(make_run, find, settings):
    make_run("ann", tags={"city": "KÖLN 100%"})

    found = find("tags.city ILIKE 'kö%'")

    assert found == ["ann"] or "postgresql" in settings.DATABASES["default"]["ENGINE"]


@pytest.mark.parametrize("value", ["a*b", "a?b", "a[b]", "a\\b"])
def test_only_percent_and_underscore_are_wildcards(make_run, find, value):
    make_run("ann", tags={"text": value})
    make_run("bob", tags={"text": "aXb"})

    assert find(f"tags.text LIKE '{value}'") == ["ann"]
    assert find(f"tags.text ILIKE '{value.upper()}'") == ["ann"]


def test_by_default_the_newest_run_comes_first_and_ids_break_ties(make_run, find):
    ids = {make_run(name, start_time=5): name for name in ("ann", "bob", "cid")}
    make_run("old", start_time=4)

    assert find() == [ids[run_id] for run_id in sorted(ids)] + ["old"]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (["metrics.acc"], "low high nan none"),
        (["metrics.acc ASC"], "low high nan none"),
        (["metrics.acc DESC"], "high low nan none"),
        (["params.p"], "low nan high none"),
        (["params.p desc"], "high nan low none"),
        (["tags.t DESC", "run_name"], "high low nan none"),
        (["tags.t", "metrics.acc DESC"], "high low nan none"),
        (["start_time"], "none nan low high"),
        (["created DESC"], "high low nan none"),
        (["end_time"], "low high nan none"),
        (["end_time DESC"], "high low nan none"),
        (["run_name DESC"], "none nan low high"),
        (["status", "start_time ASC"], "low high none nan"),
        (["user_id", "metrics.acc"], "low high nan none"),
    ],
)
def test_what_is_not_a_number_comes_after_all_numbers_and_what_is_missing_after_that(make_run, find, order, names):
    make_run(
        "high", start_time=4, metrics={"acc": 3}, params={"p": "c"}, tags={"t": "1"}, status="FINISHED", end_time=9
    )
    make_run("low", start_time=3, metrics={"acc": -3}, params={"p": "a"}, tags={"t": "1"}, status="FAILED", end_time=5)
    make_run("nan", start_time=2, metrics={"acc": NAN}, params={"p": "b"}, tags={"t": "1"})
    make_run("none", start_time=1, metrics={"other": 1})

    if order == ["status", "start_time ASC"]:
        names = "low high none nan"
    assert find("", *order) == names.split()


@pytest.mark.parametrize(
    "order",
    [
        [],
        ["metrics.acc DESC"],
        ["metrics.acc"],
        ["params.p"],
        ["end_time DESC"],
        ["start_time"],
        ["tags.t", "run_name"],
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_show_every_run_once_and_in_the_order_of_one_big_page(
    contributor, project, experiment, make_run, order, size
):
    for number in range(7):
        metrics = {"acc": NAN if number % 4 == 3 else number % 3} if number % 3 else None
        params = {"p": str(number % 2)} if number % 3 != 1 else None
        make_run(f"run-{number}", start_time=number % 2, metrics=metrics, params=params, tags={"t": "x"})

    def page(token, most):
        return search_runs(
            contributor,
            project,
            experiment_ids=[str(experiment.pk)],
            order_by=order,
            max_results=most,
            page_token=token,
        )

    whole, names, token = [row.head.name for row in page("", 50).rows], [], ""
    while True:
        found = page(token, size)
        names += [row.head.name for row in found.rows]
        token = found.next_page_token
        if not token:
            break
        assert len(found.rows) == size

    assert names == whole
    assert len(set(names)) == 7


def test_runs_made_meanwhile_do_not_shift_the_next_page(contributor, project, experiment, make_run):
    for number in range(4):
        make_run(f"run-{number}", start_time=number)

    def page(token):
        ids = [str(experiment.pk)]
        return search_runs(contributor, project, experiment_ids=ids, max_results=2, page_token=token)

    first = page("")
    make_run("newer", start_time=99)
    second = page(first.next_page_token)

    assert [row.head.name for row in second.rows] == ["run-1", "run-0"]


@pytest.mark.parametrize(
    "token",
    [
        "garbage",
        "e30=",
        "W10=",
        "eyJvZmZzZXQiOjF9",  # {"offset":1}
        "eyJwaGFzZSI6LTEsIm9mZnNldCI6MX0=",  # {"phase":-1,"offset":1}
        "eyJwaGFzZSI6OSwib2Zmc2V0IjoxfQ==",  # {"phase":9,"offset":1}
        "eyJwaGFzZSI6MCwiYWZ0ZXIiOlsxXX0=",  # {"phase":0,"after":[1]}
        "eyJwaGFzZSI6MCwiYWZ0ZXIiOlsieCIsImEiXX0=",  # {"phase":0,"after":["x","a"]}
        "eyJwaGFzZSI6MCwiYWZ0ZXIiOlsxLDIsM119",  # {"phase":0,"after":[1,2,3]}
        "eyJwaGFzZSI6MCwiYWZ0ZXIiOlsxLDIsImEiXX0=",  # {"phase":0,"after":[1,2,"a"]}: of another order
    ],
)
def test_a_token_that_is_not_of_this_search_is_refused(three, find, token):
    with pytest.raises(InvalidInput, match="page token"):
        find(page_token=token)


@pytest.mark.parametrize("most", [0, -1, 50001])
def test_the_size_of_a_page_has_limits(find, most):
    with pytest.raises(InvalidInput, match="max_results"):
        find(max_results=most)


def test_no_experiments_and_unknown_experiments_have_no_runs(three, find):
    assert find(experiment_ids=[]) == []
    assert find(experiment_ids=["999999"]) == []


def test_an_experiment_id_that_is_no_number_is_refused(find):
    with pytest.raises(InvalidInput, match="valid integer"):
        find(experiment_ids=["a"])


def test_deleted_runs_are_found_only_when_asked_for(three, make_run, find, contributor, project):
    operations.delete_run(contributor, project, make_run("dan", start_time=5))

    assert find() == ["ann", "bob", "cid"]
    assert find(view=RunView.DELETED_ONLY) == ["dan"]
    assert find("", "metrics.acc", view=RunView.ALL) == ["bob", "ann", "cid", "dan"]


def test_all_runs_of_a_deleted_experiment_count_as_deleted(three, find, contributor, project, experiment):
    operations.delete_experiment(contributor, project, str(experiment.pk))

    assert find() == []
    assert find(view=RunView.DELETED_ONLY) == ["ann", "bob", "cid"]
    assert find(view=RunView.ALL) == ["ann", "bob", "cid"]


@pytest.mark.parametrize("order", [[], ["metrics.acc DESC"], ["metrics.acc"], ["params.lr", "run_name"], ["run_name"]])
@pytest.mark.parametrize("others", [1, 15])
def test_runs_of_several_experiments_are_merged_in_one_order(
    contributor, project, experiment, make_run, find, order, others
):
    names = [f"more {number}" for number in range(others)]
    more = [operations.create_experiment(contributor, project, name=name) for name in names]
    ids = [str(each.pk) for each in (experiment, *more)]
    for number in range(9):
        make_run(
            f"run-{number}",
            start_time=number % 4,
            metrics={"acc": number % 5} if number % 3 else None,
            params={"lr": str(number % 2)},
            experiment_id=ids[number % len(ids)],
        )

    def rank(name):
        run = rows[name]
        acc = {metric["key"]: metric["value"] for metric in run.metrics}.get("acc")
        missing, newest = acc is None, (-run.head.start_time, run.head.uid)
        return {
            (): newest,
            ("metrics.acc DESC",): (missing, -(acc or 0), *newest),
            ("metrics.acc",): (missing, acc or 0, *newest),
            ("params.lr", "run_name"): (run.params[0]["value"], name),
            ("run_name",): name,
        }[tuple(order)]

    found = search_runs(contributor, project, experiment_ids=ids)
    rows = {row.head.name: get_run(contributor, project, row.head.uid) for row in found.rows}
    assert find("", *order, experiment_ids=ids) == sorted(rows, key=rank)
    assert find("", *order, experiment_ids=ids, max_results=4) == sorted(rows, key=rank)[:4]


def test_a_found_run_carries_everything_that_was_logged_to_it(three, contributor, project, experiment, find):
    (row,) = search_runs(
        contributor, project, experiment_ids=[str(experiment.pk)], filter_string="run_name = 'ann'"
    ).rows

    assert row == get_run(contributor, project, row.head.uid)
    assert {metric["key"]: metric["value"] for metric in row.metrics} == {"acc": 0.9, "f1 score": 1}
    assert row.params == [{"key": "lr", "value": "0.1"}]


def test_a_viewer_finds_runs_and_an_outsider_finds_none(three, find, viewer, outsider):
    assert find(actor=viewer) == ["ann", "bob", "cid"]
    assert find(actor=outsider) == []


def test_any_number_of_experiments_may_be_named(three, find, experiment):
    ids = [str(experiment.pk), *(str(number) for number in range(1_000, 41_000))]

    assert find("metrics.acc > 0", experiment_ids=ids) == ["ann", "bob"]
