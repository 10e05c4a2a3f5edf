"""Reads every operation from the code: what it needs, what it records. The source of ``docs/operations.md``."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from django.apps import apps


@dataclass(frozen=True, order=True)
class OperationRow:
    """One operation: its app and name, whether it is an operation or a bulk write, and its beats."""

    app: str
    name: str
    door: str
    summary: str
    actions: tuple[str, ...]
    events: tuple[str, ...]


def operation_rows() -> list[OperationRow]:
    """Every public operation and bulk write of the installed apps, by app and name."""
    rows = set()
    for module in _operation_modules():
        for name, function in vars(module).items():
            if hasattr(function, "door") and not name.startswith("_") and function.__module__ == module.__name__:
                rows.add(_row(module, name, function))
    return sorted(rows)


def operations_markdown() -> str:
    """The table as Markdown, one section an app."""
    lines = [
        "# Operations",
        "",
        "Everything that changes data, read from the code by `manage.py operations_table`; a test keeps it true.",
        "An *operation* changes governed data and is recorded in the audit log. A *bulk write* adds many small rows",
        "(metrics, params) that are not governed: it asks for the right in the same transaction, but records no event.",
    ]
    app = ""
    for row in operation_rows():
        if row.app != app:
            app = row.app
            lines += ["", f"## {app}", "", "| operation | what it does | asks for | records |", "|---|---|---|---|"]
        nothing = "—" if row.door == "operation" else "*bulk write*"
        records = ", ".join(f"`{event}`" for event in row.events) or nothing
        asks = ", ".join(f"`{action}`" for action in row.actions) or "—"
        lines.append(f"| `{row.name}` | {row.summary} | {asks} | {records} |")
    return "\n".join(lines) + "\n"


def _operation_modules() -> Iterator[ModuleType]:
    for config in apps.get_app_configs():
        if config.module is None or not hasattr(config.module, "__path__"):
            continue
        for found in pkgutil.walk_packages(config.module.__path__, f"{config.name}."):
            inner = found.name.removeprefix(f"{config.name}.").split(".")[0]
            if inner in ("operations", "bulk"):
                yield importlib.import_module(found.name)


def _row(module: ModuleType, name: str, function: Callable[..., Any]) -> OperationRow:
    summary = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    actions, events = _beats(module, name)
    door = str(getattr(function, "door", ""))
    return OperationRow(
        module.__name__.split(".")[0], name, door, summary, tuple(sorted(actions)), tuple(sorted(events))
    )


def _beats(module: ModuleType, name: str) -> tuple[set[str], set[str]]:
    """The actions asked for and the events recorded by a function and by those it calls, as far as names tell."""
    actions: set[str] = set()
    events: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(module, name)]
    while waiting:
        home, called = waiting.pop()
        tree = _function_tree(home, called)
        if tree is None or (home.__name__, called) in seen:
            continue
        seen.add((home.__name__, called))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                _note(node.value.id, node.attr, actions, events)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                function = vars(home).get(node.func.id)
                if inspect.isfunction(function) and function.__module__.split(".")[0] == home.__name__.split(".")[0]:
                    waiting.append((importlib.import_module(function.__module__), function.__name__))
    return actions, events


def _note(owner: str, attribute: str, actions: set[str], events: set[str]) -> None:
    from audit.event_types import EventType

    if owner == "EventType":
        events.add(str(EventType[attribute]))
    elif owner == "Action":
        actions.add(attribute.lower())


def _function_tree(module: ModuleType, name: str) -> ast.FunctionDef | None:
    tree = ast.parse(inspect.getsource(module))
    return next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name), None)
