"""Whatever is sent in the place of a parameter, the answer is a refusal or a success, never a fault of the server."""

from __future__ import annotations

import pytest
from django.urls import resolve

from tests.mlflow_api.test_routes import calls_of

WRONG = [
    None,
    True,
    -1,
    2**70,
    1.5,
    "",
    "x",
    "\0",
    "%",
    "x" * 10_001,
    [],
    [None],
    [5],
    ["x"],
    [{}],
    [{"key": None}],
    [{"key": 5, "value": {}}],
    [[[]]],
    {},
    {"key": []},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: repr(value)[:20])
def test_a_wrong_value_is_no_fault_of_the_server(scene, maintainer, as_, wrong):
    reads, writes = calls_of(scene)
    call = as_(maintainer)

    for name, params in {**reads, **writes}.items():
        method, path = name.split(" ", 1)
        for parameter in _parameters(method, path):
            response = call(method, path, {**(params or {}), parameter: wrong})
            assert response.status_code < 500, (name, parameter, wrong, response.content)


def _parameters(method: str, path: str) -> list[str]:
    functions = getattr(resolve(f"/api/{path}").func, "functions", {})
    return list(getattr(functions.get(method), "fields", ()))
