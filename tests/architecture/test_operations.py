"""Every operation looks like one, and the table of operations is true."""

import inspect
from pathlib import Path

import pytest

from audit.operations_table import operation_rows, operations_markdown

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


@pytest.mark.parametrize("row", operation_rows(), ids=lambda row: f"{row.app}.{row.name}")
def test_an_operation_says_what_it_does_asks_and_records(row):
    assert row.summary.endswith((".", ";")), "the docstring begins with a sentence"
    assert row.actions, "it asks for a right"
    if row.door == "operation" and row.name not in READS_ONLY:
        assert row.events, "it records an event"


#: Operations that only ask and hand on to others which record.
READS_ONLY: set[str] = set()


def test_the_actor_comes_first():
    from audit.operations_table import _operation_modules

    for module in _operation_modules():
        for name, function in vars(module).items():
            if hasattr(function, "door"):
                assert next(iter(inspect.signature(function).parameters)) == "actor", f"{module.__name__}.{name}"


def test_the_operations_table_is_what_the_code_says():
    assert DOCUMENT.read_text() == operations_markdown(), "run: manage.py operations_table > docs/operations.md"
