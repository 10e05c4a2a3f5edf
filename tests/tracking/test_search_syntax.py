"""The grammar of the search language, without anything to search."""

import pytest

from audit.exceptions import InvalidInput
from tracking.search import Operator, parse_filter, parse_order
from tracking.search.syntax import LONGEST_FILTER, MOST_COMPARISONS

READ = [
    ("metrics.acc > 0.9", ("metrics", "acc", ">", 0.9)),
    ("metrics.acc>0.9", ("metrics", "acc", ">", 0.9)),
    ("metrics.acc >= -1e-3", ("metrics", "acc", ">=", -0.001)),
    ("metrics.acc < .5", ("metrics", "acc", "<", 0.5)),
    ("metrics.acc = 5", ("metrics", "acc", "=", 5)),
    ("metrics.`f1 score` <= 1", ("metrics", "f1 score", "<=", 1)),
    ('tags."my tag" = "x"', ("tags", "my tag", "=", "x")),
    ("tags.'my tag' = 'x'", ("tags", "my tag", "=", "x")),
    ("`tags`.x != 'y'", ("tags", "x", "!=", "y")),
    ("`run name` = 'x'", ("", "run name", "=", "x")),
    ("attributes.`Run Name` = 'x'", ("attributes", "Run Name", "=", "x")),
    ("tags.mlflow.runName = 'a'", ("tags", "mlflow.runName", "=", "a")),
    ("tags.`a.b c` = 'x'", ("tags", "a.b c", "=", "x")),
    ("tags.mlflow.`a b` = 'x'", ("tags", "mlflow.a b", "=", "x")),
    ("metrics.val/loss-1 > 2", ("metrics", "val/loss-1", ">", 2)),
    ("tags.1a = 'x'", ("tags", "1a", "=", "x")),
    ("tags.and = 'x'", ("tags", "and", "=", "x")),
    ("tags.ünï = 'ö'", ("tags", "ünï", "=", "ö")),
    ("name LIKE 'a%'", ("", "name", "LIKE", "a%")),
    ("name iLike 'a%'", ("", "name", "ILIKE", "a%")),
    ("tags.a = 'it''s'", ("tags", "a", "=", "it's")),
    ('tags.a = "it\'s"', ("tags", "a", "=", "it's")),
    ("tags.a = 'C:\\'", ("tags", "a", "=", "C:\\")),
    ("tags.a = ''", ("tags", "a", "=", "")),
    ("tags.a = 'x\ny'", ("tags", "a", "=", "x\ny")),
    ("tags.a = 'b and c = d'", ("tags", "a", "=", "b and c = d")),
    (
        """tags.files LIKE '%"path"%:%"tab.json",%"type"%:%"table"%'""",
        ("tags", "files", "LIKE", '%"path"%:%"tab.json",%"type"%:%"table"%'),
    ),
    ("run_id IN ('a', 'b')", ("", "run_id", "IN", ("a", "b"))),
    ("run_id in(\n'a',)", ("", "run_id", "IN", ("a",))),
    ("run_id NOT  IN ('a')", ("", "run_id", "NOT IN", ("a",))),
    ("tags.a IS NULL", ("tags", "a", "IS NULL", None)),
    ("tags.a is  not null", ("tags", "a", "IS NOT NULL", None)),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_a_comparison_is_read(text, expected):
    (comparison,) = parse_filter(text)

    found = comparison.identifier
    assert (found.prefix, found.key, comparison.operator, comparison.value) == expected


@pytest.mark.parametrize("joint", [" AND ", " and ", "\nAnd\t"])
def test_comparisons_are_joined_by_and_in_any_case(joint):
    first, second = parse_filter(f"tags.a = 'x'{joint}metrics.b < 1")

    assert first.identifier.key == "a"
    assert second.identifier.key == "b"
    assert second.identifier.position == len("tags.a = 'x'" + joint)


def test_a_trailing_and_is_forgiven():
    assert len(parse_filter("tags.a = 'x' AND")) == 1


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_a_blank_filter_asks_nothing(text):
    assert parse_filter(text) == ()


REFUSED = [
    ("tags.a = 'x' OR tags.b = 'y'", "position 14", "AND"),
    ("tags.a = 'x' tags.b = 'y'", "position 14", "AND"),
    ("NOT tags.a = 'x'", "position 5", "operator"),
    ("(tags.a = 'x')", "position 1", "name"),
    ("tags.a == 'x'", "position 9", "quoted string"),
    ("tags.a <> 'x'", "position 9", "quoted string"),
    ("metrics.a BETWEEN 1 AND 2", "position 11", "operator"),
    ("metrics.a = nan", "position 13", "number"),
    ("metrics.a > 0x10", "position 13", "number"),
    ("params.a = abc", "position 12", "quoted string"),
    ("'x' = tags.a", "position 1", "name"),
    ("tags.a", "its end", "operator"),
    ("tags.a =", "its end", "quoted string"),
    ("tags.a = 'x", "position 10", "quoted string"),
    ("tags.a = 'x';", "position 13", "AND"),
    ("run_id IN ()", "position 12", "quoted string"),
    ("run_id IN ('a', 1)", "position 17", "quoted string"),
    ("run_id IN ('a' 'b')", "position 16", "comma"),
    ("AND tags.a = 'x'", "position 5", "operator"),
    ("tags.a LIKE 5", "position 13", "quoted string"),
    ("tags.a = 'x\x00'", "position 12", "NUL"),
]


@pytest.mark.parametrize(("text", "where", "wanted"), REFUSED)
def test_what_is_not_the_language_is_refused_with_the_position_and_what_was_expected(text, where, wanted):
    with pytest.raises(InvalidInput) as refusal:
        parse_filter(text)

    assert where in str(refusal.value)
    assert wanted in str(refusal.value)


def test_a_filter_that_is_too_long_is_refused_before_it_is_read():
    with pytest.raises(InvalidInput, match=f"at most {LONGEST_FILTER}"):
        parse_filter("tags.a = 'x' AND " * (LONGEST_FILTER // 10))


def test_a_filter_with_too_many_comparisons_is_refused():
    with pytest.raises(InvalidInput, match=f"at most {MOST_COMPARISONS}"):
        parse_filter(" AND ".join(["a = 1"] * (MOST_COMPARISONS + 1)))


@pytest.mark.parametrize("bracket", ["(", "`", "'", '"', "a.", "a=1 and "])
def test_text_made_to_be_slow_is_answered_at_once(bracket):
    with pytest.raises(InvalidInput):
        parse_filter(bracket * (LONGEST_FILTER // len(bracket)))


@pytest.mark.parametrize(
    ("text", "prefix", "key", "descending"),
    [
        ("metrics.acc", "metrics", "acc", False),
        ("metrics.acc DESC", "metrics", "acc", True),
        ("metrics.`a b` desc", "metrics", "a b", True),
        ("`metrics.acc` ASC", "metrics", "acc", False),
        ("start_time AsC", "", "start_time", False),
        ("tags.desc desc", "tags", "desc", True),
    ],
)
def test_a_term_of_an_order_is_read(text, prefix, key, descending):
    (term,) = parse_order([text])

    assert (term.identifier.prefix, term.identifier.key, term.descending) == (prefix, key, descending)


@pytest.mark.parametrize("text", ["", "a b c", "a up", "a, b", "a asc desc", "'a'", "x" * 700])
def test_what_is_no_term_of_an_order_is_refused(text):
    with pytest.raises(InvalidInput, match="order_by"):
        parse_order([text])


def test_operators_are_written_as_in_sql():
    assert [str(operator) for operator in Operator][:3] == ["=", "!=", "<"]
