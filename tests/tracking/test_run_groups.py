"""Runs put together by their parent, a param or a tag."""

import pytest

from tracking import operations
from tracking.columns import PARENT_TAG
from tracking.queries import search_runs
from tracking.queries.run_groups import group_runs, read_grouping


@pytest.fixture
def groups(experiment):
    def groups(name, **options):
        return group_runs(experiment, read_grouping(name), **options).rows

    return groups


def test_runs_are_counted_and_measured_by_a_param(make_run, groups):
    for number, (model, score) in enumerate([("svm", 0.5), ("svm", 0.9), ("knn", float("nan")), (None, 0.1)]):
        make_run(start_time=number, params={"model": model} if model else {}, metrics={"acc": score})

    found = {
        group.label: (group.runs, group.lowest, group.mean, group.highest, group.newest)
        for group in groups("params.model", metric="acc")
    }

    assert found == {
        "svm": (2, 0.5, 0.7, 0.9, 1),
        "knn": (1, None, None, None, 2),
        "Without model": (1, 0.1, 0.1, 0.1, 3),
    }


def test_children_stand_below_the_name_of_their_parent(make_run, groups):
    parent = make_run("sweep")
    for _ in range(3):
        make_run(tags={PARENT_TAG: parent})

    found = [(group.label, group.runs, group.parent) for group in groups("parent")]
    assert found == [("sweep", 3, parent), ("Without a parent", 1, "")]


def test_a_run_elsewhere_that_a_tag_names_is_not_told(contributor, project, make_run, groups):
    elsewhere = operations.create_experiment(contributor, project, name="elsewhere")
    hidden = make_run("hidden", experiment_id=str(elsewhere.pk))
    make_run(tags={PARENT_TAG: hidden})

    assert [(group.label, group.parent) for group in groups("parent")] == [(hidden, "")]


def test_the_filter_and_deleted_runs_count(contributor, project, make_run, groups):
    make_run(params={"model": "svm"}, tags={"team": "risk"})
    make_run(params={"model": "svm"})
    gone = make_run(params={"model": "knn"}, tags={"team": "risk"})
    operations.delete_run(contributor, project, gone)

    found = groups("params.model", filter_string="tags.team = 'risk'")

    assert [(group.label, group.runs) for group in found] == [("svm", 1)]


@pytest.mark.parametrize("value", ["it's", 'a "b"', "x" * 300, "", None])
def test_a_groups_condition_finds_its_runs(contributor, project, experiment, make_run, groups, value):
    make_run("other", tags={"team": "other"})
    wanted = make_run("wanted", tags={"team": value} if value is not None else {})

    [condition] = [group.condition for group in groups("tags.team") if group.value == value]

    found = search_runs(contributor, project, experiment_ids=[str(experiment.pk)], filter_string=condition)
    assert [run.head.uid for run in found.rows] == [wanted]


@pytest.mark.parametrize(("sort", "first"), [("", "b"), ("group", "a"), ("-highest", "a"), ("lowest", "b")])
def test_groups_are_sorted(make_run, groups, sort, first):
    for model, score in [("a", 9), ("b", 1), ("b", 2)]:
        make_run(params={"model": model}, metrics={"acc": score})

    assert groups("params.model", metric="acc", sort=sort)[0].label == first


def test_many_groups_come_in_pages(experiment, make_run):
    for number in range(5):
        make_run(params={"seed": str(number)})
    grouping = read_grouping("params.seed")

    page = group_runs(experiment, grouping, sort="group", size=3)
    rest = group_runs(experiment, grouping, sort="group", size=3, page_token=page.next_page_token)

    assert [group.label for group in [*page.rows, *rest.rows]] == ["0", "1", "2", "3", "4"]
    assert rest.next_page_token == ""


@pytest.mark.parametrize("name", ["", "metrics.acc", "status", "params.", "nonsense"])
def test_what_cannot_group_groups_nothing(name):
    assert read_grouping(name) is None
