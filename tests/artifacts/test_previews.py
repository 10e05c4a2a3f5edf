"""What a page shows of a file, whatever its bytes are."""

import base64
import json
import time

import pytest

from artifacts.previews import Kind, plan_for, preview_of

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 60).decode()


def show(name, data, *, whole=True):
    data = data.encode() if isinstance(data, str) else data
    return preview_of(name, plan_for(name, len(data)), data, whole=whole)


def notebook(*cells, **more):
    return json.dumps({"nbformat": 4, "cells": list(cells), **more})


def code(*outputs, source="print(1)", **more):
    return {"cell_type": "code", "source": source, "outputs": list(outputs), **more}


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [
        ("a.txt", 10, Kind.TEXT),
        ("noname", 10, Kind.TEXT),
        (".json", 10, Kind.TEXT),
        ("report.HTML", 10, Kind.HTML),
        ("rows.csv", 10**12, Kind.TABLE),
        ("a.json", 10, Kind.TREE),
        ("a.json", 10**7, Kind.TEXT),
        ("MLmodel", 10, Kind.MLMODEL),
        ("MLmodel", 10**7, Kind.TEXT),
        ("a.parquet", 10**12, Kind.PARQUET),
        ("a.PNG", 10, Kind.IMAGE),
        ("a.png", 10**9, Kind.NOTHING),
        ("a.svg", 10, Kind.SVG),
        ("a.ipynb", 10, Kind.NOTEBOOK),
    ],
)
def test_the_name_and_size_say_how_a_file_is_shown(name, size, kind):
    assert plan_for(name, size).kind == kind


def test_a_text_keeps_its_lines_and_loses_what_is_too_long():
    shown = show("log.txt", "short\n" + "x" * 10_000 + "\n" + "line\n" * 5_000).content

    assert shown.lines[0] == "short"
    assert len(shown.lines[1]) == 2_001
    assert len(shown.lines) == 1_000
    assert shown.is_cut


def test_a_text_that_was_cut_in_the_middle_of_a_character_is_still_text():
    assert str(show("a.txt", "grün".encode()[:3], whole=False).content) == "gr"


@pytest.mark.parametrize("data", [b"\x00\x01\x02", bytes(range(128, 256)) * 10])
def test_bytes_that_are_no_text_are_not_shown(data):
    shown = show("model.pkl", data)

    assert (shown.kind, shown.remark) == (Kind.NOTHING, "This is not a text.")


def test_a_table_shows_its_first_rows_under_its_names():
    shown = show("a.csv", "\ufeffname,age\n" + 'ann,"1,5"\n' * 80)

    assert shown.content.names == ["name", "age"]
    assert shown.content.rows[0] == ["ann", "1,5"]
    assert len(shown.content.rows) == 50
    assert shown.content.is_cut


def test_a_table_may_have_another_separator_and_many_columns():
    assert show("a.csv", "a;b\n1;2\n").content.rows == [["1", "2"]]
    assert show("a.tsv", "a\tb,c\n").content.names == ["a", "b,c"]
    wide = show("a.csv", ",".join("x" * 100) + "\n").content
    assert (len(wide.names), wide.hidden_columns) == (40, 60)


def test_a_table_that_is_cut_shows_whole_rows_only():
    assert show("a.csv", "a,b\n1,2\n3", whole=False).content.rows == [["1", "2"]]


def test_one_huge_cell_is_shown_as_text():
    shown = show("a.csv", 'a,"' + "x" * 200_000 + '"\n')

    assert (shown.kind, shown.remark) == (Kind.TEXT, "This cannot be read as a table, so it is shown as text.")


def test_json_becomes_a_tree():
    tree = show("a.json", '{"name": "fraud", "scores": [1, 2.5, null, true], "none": {}}').content

    assert [(node.key, node.kind, node.text) for node in tree.children] == [
        ("name", "string", "fraud"),
        ("scores", "array", "4 items"),
        ("none", "object", "0 keys"),
    ]
    assert [node.text for node in tree.children[1].children] == ["1", "2.5", "null", "true"]


def test_a_huge_tree_is_cut_and_says_by_how_much():
    tree = show("a.json", json.dumps({str(number): [number] * 10 for number in range(1_000)})).content

    assert tree.hidden > 0
    assert len(tree.children) + tree.hidden == 1_000


@pytest.mark.parametrize("bad", ["{", "[" * 100_000, "9" * 5_000, "\xff"])
def test_what_is_no_json_is_shown_as_text(bad):
    assert show("a.json", bad).kind == Kind.TEXT


def test_half_a_character_does_not_break_the_page():
    assert show("a.json", '{"\\ud800": "\\udfff"}').content.children[0].text.encode()


def test_a_notebook_shows_text_code_and_pictures():
    shown = show(
        "a.ipynb",
        notebook(
            {"cell_type": "markdown", "source": ["# Title\n", "text"]},
            code(
                {"output_type": "stream", "text": ["one\n", "two"]},
                {"output_type": "display_data", "data": {"image/png": PNG, "text/plain": "<Figure>"}},
                {"output_type": "error", "traceback": ["\x1b[31mValueError\x1b[0m", "no"]},
                execution_count=3,
            ),
            metadata={"kernelspec": {"display_name": "Python 3"}},
        ),
    ).content

    assert shown.language == "Python 3"
    assert (shown.cells[0].kind, shown.cells[0].source) == ("markdown", "# Title\ntext")
    assert shown.cells[1].number == 3
    assert [(output.kind, output.text) for output in shown.cells[1].outputs] == [
        ("text", "one\ntwo"),
        ("picture", f"data:image/png;base64,{PNG}"),
        ("error", "ValueError\nno"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        {"image/png": 'iVBORw0KGgo" onerror="alert(1)'},
        {"image/svg+xml": "<svg onload='alert(1)'/>"},
        {"text/html": "<script>alert(1)</script>"},
        {"application/javascript": "alert(1)"},
        {"image/png": 7, "text/plain": None},
    ],
)
def test_an_output_that_would_run_is_replaced_by_a_remark(data):
    (output,) = show("a.ipynb", notebook(code({"output_type": "display_data", "data": data}))).content.cells[0].outputs

    assert output.kind == "remark"
    assert "alert" not in output.text


def test_a_notebook_of_pictures_stays_below_a_megabyte():
    big = PNG[:12] + "A" * 400_000
    outputs = [{"output_type": "display_data", "data": {"image/png": big}} for _ in range(4)]

    shown = show("a.ipynb", notebook(code(*outputs))).content.cells[0].outputs

    assert [output.kind for output in shown] == ["picture", "remark", "remark", "remark"]


def test_a_long_notebook_is_cut():
    shown = show("a.ipynb", notebook(*[code(source="x" * 10_000)] * 150)).content

    assert sum(len(cell.source) for cell in shown.cells) < 260_000
    assert len(shown.cells) + shown.hidden == 150


@pytest.mark.parametrize(
    "document",
    ["[]", "{}", '{"cells": {}}', '{"worksheets": []}', "not json"],
)
def test_what_is_no_notebook_is_shown_as_text(document):
    assert show("a.ipynb", document).kind == Kind.TEXT


def test_odd_cells_do_no_harm():
    odd = [7, None, {}, {"cell_type": [], "source": {"a": 1}}, code("x", {}, {"data": []}), {"outputs": 1}]

    assert len(show("a.ipynb", notebook(*odd)).content.cells) == 4


MLMODEL = """
artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.11.2
  sklearn:
    sklearn_version: 1.5.0
mlflow_version: 3.17.0
run_id: 00
signature:
  inputs: '[{"type": "double", "name": "age", "required": true}, {"type": "long", "name": "n", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
"""


def test_an_mlmodel_is_read_as_facts():
    shown = show("MLmodel", MLMODEL).content

    assert ("mlflow_version", "3.17.0") in shown.facts
    assert [flavor.name for flavor in shown.flavors] == ["python_function", "sklearn"]
    assert ("loader_module", "mlflow.sklearn") in shown.flavors[0].facts
    (inputs, fields, _), (outputs, tensors, _) = shown.signature
    assert (inputs, outputs) == ("inputs", "outputs")
    assert [(item.name, item.type, item.is_optional) for item in fields] == [
        ("age", "double", False),
        ("n", "long", True),
    ]
    assert tensors[0].type == "int64 [-1]"


@pytest.mark.parametrize(
    "bad",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b]",
        "a: &a {b: *a}",
        "!!python/object/apply:os.system ['true']: 1",
        "[" * 20_000,
        "{" * 20_000,
        "- " * 20_000,
        "just text",
        "a: [1",
        "? [a]\n: b",
        "\x01",
    ],
)
def test_a_hostile_mlmodel_is_shown_as_text(bad):
    began = time.perf_counter()

    assert show("MLmodel", bad).kind in (Kind.TEXT, Kind.MLMODEL)
    assert time.perf_counter() - began < 5


def test_nothing_is_made_of_yaml_but_texts():
    shown = show(
        "MLmodel", "when: 2001-13-45\nnumber: " + "1:" * 400 + "1.0\nhex: 0x" + "f" * 9_000 + "\nlist: [a, 1]\n"
    )

    assert ("when", "2001-13-45") in shown.content.facts
    assert ("list", '["a", "1"]') in shown.content.facts


@pytest.mark.parametrize("signature", ["7", "{inputs: 7}", "{inputs: '['}", "{inputs: '[7]'}", "{inputs: '{}'}"])
def test_an_odd_signature_does_no_harm(signature):
    assert show("MLmodel", f"signature: {signature}").kind == Kind.MLMODEL


def test_a_picture_of_vectors_becomes_a_data_uri():
    shown = show("a.svg", "<svg onload='alert(1)'></svg>").content

    assert shown.startswith("data:image/svg+xml;base64,")
    assert "alert" not in shown
    assert show("a.svg", "<html>").kind == Kind.TEXT


def test_a_huge_picture_is_left_to_a_download():
    plan = plan_for("a.png", 10**9)

    assert preview_of("a.png", plan, b"", whole=False).remark == "It is too big to be shown here."
