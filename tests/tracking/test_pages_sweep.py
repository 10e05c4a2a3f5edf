"""The children of a run on one page."""

import pytest


@pytest.fixture
def browser(session_of, contributor):
    return session_of(contributor)


@pytest.fixture
def sweep(make_run):
    """A parent of runs with two params, of which only the rate matters."""
    parent = make_run("parent")

    def add(first, last, **more):
        for number in range(first, last):
            make_run(
                f"child-{number:03}",
                params={"rate": str(number / 100), "kind": "ab"[number % 2], "fixed": "x"},
                metrics={"loss": number / 10, "seen": 1},
                tags={"mlflow.parentRunId": parent},
                **more,
            )

    add(0, 24)
    return parent, add


def page(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_best_child_and_what_mattered_are_shown(browser, sweep):
    shown = page(browser, f"/runs/{sweep[0]}/children?metric=loss")

    best = shown[shown.index('id="best"') : shown.index('id="importance"')]
    assert "child-000" in best
    assert "24 of 24 children have a number" in best
    matters = shown[shown.index('id="importance"') : shown.index('id="parallel"')]
    assert matters.index("rate") < matters.index("kind")
    assert "1 param the same in all of them" in shown


def test_more_may_be_better(browser, sweep):
    best = page(browser, f"/runs/{sweep[0]}/children?metric=loss&goal=max").partition('id="importance"')[0]

    assert "child-023" in best


def test_a_metric_that_no_child_has_falls_back_to_one_that_most_have(browser, sweep):
    assert "<option selected>loss" in page(browser, f"/runs/{sweep[0]}/children?metric=nothing").replace("\n", "")


def test_the_picture_has_an_axis_for_each_param_that_differs(browser, sweep):
    answer = browser.get(f"/runs/{sweep[0]}/children.json?metric=loss").json()

    assert [dimension["name"] for dimension in answer["dimensions"]] == ["rate", "kind", "loss"]
    assert answer["dimensions"][0] == {"name": "rate", "type": "number"}
    assert answer["dimensions"][1] == {"name": "kind", "type": "category", "values": ["a", "b"]}
    assert answer["colour"] == "loss"
    assert len(answer["rows"]) == 24
    first = answer["rows"][0]
    assert (first["name"], first["values"]) == ("child-000", [0.0, "a", 0.0])


def test_a_param_with_too_many_categories_gets_no_axis(browser, make_run):
    parent = make_run("parent")
    for number in range(42):
        params = {"seed": f"s{number}", "rate": str(number)}
        make_run(None, params=params, metrics={"auc": number}, tags={"mlflow.parentRunId": parent})

    answer = browser.get(f"/runs/{parent}/children.json").json()

    assert [dimension["name"] for dimension in answer["dimensions"]] == ["rate", "auc"]


def test_children_without_numbers_are_listed_last(browser, sweep, make_run):
    parent, _ = sweep
    for value in ("NaN", "Infinity", None):
        metrics = {} if value is None else {"loss": value}
        make_run(f"broken-{value}", metrics=metrics, tags={"mlflow.parentRunId": parent})

    shown = page(browser, f"/runs/{parent}/children?metric=loss")

    assert "24 of 27 children" in shown
    rows = shown[shown.index('id="children"') :]
    assert rows.index("child-023") < rows.index("broken-NaN")
    values = [row["values"][-1] for row in browser.get(f"/runs/{parent}/children.json?metric=loss").json()["rows"]]
    assert values[-3:] == [None, None, None]


def test_few_children_are_warned_about(browser, make_run):
    parent = make_run("parent")
    for number in range(4):
        make_run(None, params={"a": str(number % 2)}, metrics={"auc": number}, tags={"mlflow.parentRunId": parent})

    assert "these shares are guesses" in page(browser, f"/runs/{parent}/children")


def test_a_run_without_children_teaches_how_to_have_some(browser, make_run):
    assert "nested=True" in page(browser, f"/runs/{make_run('alone')}/children")
    assert browser.get(f"/runs/{make_run('alone')}/children.json").json()["rows"] == []


def test_children_without_any_metric_are_listed(browser, make_run):
    parent = make_run("parent")
    make_run("child", params={"a": "<b>"}, tags={"mlflow.parentRunId": parent})

    shown = page(browser, f"/runs/{parent}/children")

    assert "No child has a number" in shown
    assert "<b>" not in shown


def test_a_sweep_of_any_size_costs_the_same(browser, sweep, queries_of):
    parent, add = sweep
    pages = [f"/runs/{parent}/children", f"/runs/{parent}/children.json"]
    few = [queries_of(browser, address) for address in pages]

    add(24, 90)

    assert [queries_of(browser, address) for address in pages] == few
    assert max(few) <= 13
