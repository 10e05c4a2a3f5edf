"""What endpoints take, and the sentences that refuse the wrong parameters."""

import math

import pytest
from django.http import QueryDict

from audit.exceptions import InvalidInput
from mlflow_api.schema import (
    Choice,
    Flag,
    Number,
    NumberText,
    Records,
    Text,
    Texts,
    Whole,
    pairs,
    read_fields,
    read_query,
)


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        (Text(), "größe", "größe"),
        (Text(), "", ""),
        (Whole(), 5, 5),
        (Whole(), "123", 123),
        (Whole(), 5.0, 5),
        (Whole(), -(2**63), -(2**63)),
        (Number(), 1, 1.0),
        (Number(), True, 1.0),
        (Number(), "1e3", 1000.0),
        (Number(), "Infinity", math.inf),
        (Number(), "-inf", -math.inf),
        (NumberText(), "12", 12),
        (Flag(), False, False),
        (Choice("RUNNING"), "RUNNING", "RUNNING"),
        (Choice("RUNNING"), "BOGUS", None),
        (Choice("RUNNING", numbers={1: "RUNNING"}), 1, "RUNNING"),
        (Texts(), ["a", "b"], ["a", "b"]),
        (pairs(), [{"key": "a", "value": "1", "extra": 1}, {"key": "b"}], [{"key": "a", "value": "1"}, {"key": "b"}]),
    ],
)
def test_a_value_of_the_right_type_is_read(field, sent, read):
    assert read_fields({"x": field}, {"x": sent}) == {"x": read}


def test_nan_is_read_as_nan():
    assert math.isnan(Number().read("NaN", "value"))
    assert math.isnan(Number().read(math.nan, "value"))


@pytest.mark.parametrize(
    ("field", "sent", "named"),
    [
        (Text(), 5, "x"),
        (Text(), ["a"], "x"),
        (Whole(), "five", "x"),
        (Whole(), 5.5, "x"),
        (Whole(), True, "x"),
        (Whole(), 2**63, "x"),
        (Whole(), "9" * 30, "x"),
        (Whole(), {}, "x"),
        (Number(), "much", "x"),
        (Number(), "", "x"),
        (Number(), "9" * 500, "x"),
        (Number(), 10**400, "x"),
        (Number(), [], "x"),
        (NumberText(), 1, "x"),
        (NumberText(), "1.5", "x"),
        (NumberText(), "-1", "x"),
        (NumberText(), "٣", "x"),
        (Flag(), "true", "x"),
        (Texts(), "a", "x"),
        (Texts(), ["a", 1], "x"),
        (pairs(), {"a": 1}, "x"),
        (pairs(), ["a"], "x[0]"),
        (pairs(), [{"key": "a", "value": "1"}, {"key": 5, "value": "1"}], "x[1].key"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(field, sent, named):
    with pytest.raises(InvalidInput) as refusal:
        read_fields({"x": field}, {"x": sent})

    assert str(refusal.value).startswith("Invalid value ")
    assert f"for parameter '{named}' supplied" in str(refusal.value)


@pytest.mark.parametrize("sent", [{}, {"name": None}, {"name": ""}])
def test_a_required_parameter_must_be_there(sent):
    with pytest.raises(InvalidInput, match=r"^Missing value for required parameter .name.\. See the API docs"):
        read_fields({"name": Text(required=True)}, sent)


def test_a_required_list_must_hold_something():
    for field in (Texts(required=True), Records(required=True)):
        with pytest.raises(InvalidInput, match="Missing value for required parameter 'x'"):
            read_fields({"x": field}, {"x": []})


def test_a_pair_needs_its_key():
    with pytest.raises(InvalidInput, match=r"Missing value for required parameter 'tags\[1\].key'"):
        read_fields({"tags": pairs()}, {"tags": [{"key": "a"}, {"value": "b"}]})


def test_null_and_unknown_parameters_count_as_not_sent():
    assert read_fields({"a": Text(), "b": Whole()}, {"a": None, "c": 1}) == {}


def test_an_older_name_still_works():
    fields = {"run_id": Text(required=True, also="run_uuid")}

    assert read_fields(fields, {"run_uuid": "r"}) == {"run_id": "r"}
    assert read_fields(fields, {"run_id": "new", "run_uuid": "old"}) == {"run_id": "new"}
    assert read_query(fields, QueryDict("run_uuid=r")) == {"run_id": "r"}


def test_a_character_that_no_database_stores_is_refused():
    for field, sent in ((Text(), "a\0b"), (Texts(), ["a\0b"])):
        with pytest.raises(InvalidInput):
            read_fields({"x": field}, {"x": sent})


def test_a_long_value_is_not_repeated_in_the_refusal():
    with pytest.raises(InvalidInput) as refusal:
        read_fields({"x": Whole()}, {"x": "9" * 10_000})

    assert len(str(refusal.value)) < 500


def test_a_query_string_has_lists_flags_and_numbers():
    fields = {"order_by": Texts(), "force": Flag(), "max_results": Whole(), "filter": Text()}

    read = read_query(fields, QueryDict("order_by=a&order_by=b&force=TRUE&max_results=7&filter=x%3D1"))

    assert read == {"order_by": ["a", "b"], "force": True, "max_results": 7, "filter": "x=1"}


def test_a_flag_in_a_query_string_is_true_or_false():
    with pytest.raises(InvalidInput, match="must be 'true' or 'false'"):
        read_query({"force": Flag()}, QueryDict("force=maybe"))
