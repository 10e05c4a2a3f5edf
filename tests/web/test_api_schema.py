"""The OpenAPI description is complete and valid, and its page needs no other server."""

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from web.api.docs import RESOURCES


def test_the_schema_is_valid_and_nothing_is_guessed(db, tmp_path):
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "schema.yaml"))

    schema = yaml.safe_load((tmp_path / "schema.yaml").read_text())
    assert schema["openapi"].startswith("3.1")
    assert all(path.startswith("/api/v1/") for path in schema["paths"])


def test_every_operation_says_how_it_refuses_and_every_write_takes_a_key(db, tmp_path):
    call_command("spectacular", "--file", str(tmp_path / "schema.yaml"))
    schema = yaml.safe_load((tmp_path / "schema.yaml").read_text())

    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert "4XX" in operation["responses"], (method, path)
            assert operation["summary"], (method, path)
            keys = [parameter["name"] for parameter in operation.get("parameters", [])]
            is_file = "application/octet-stream" in operation.get("requestBody", {}).get("content", {})
            assert ("Idempotency-Key" in keys) == (method != "get" and not is_file), (method, path)


def test_the_root_names_every_resource(viewer, client_of):
    root = client_of(viewer).get("/api/v1/").json()

    assert root == {name: f"http://testserver{reverse(f'api:{route}')}" for name, route in RESOURCES.items()}


@pytest.mark.parametrize("address", ["/api/v1/docs", "/api/v1/docs?script="])
def test_the_page_holds_no_inline_code_and_no_foreign_address(viewer, session_of, address):
    answer = session_of(viewer).get(address)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<style" not in page
    assert "https://" not in page.replace("https://github.com", "")


def test_the_description_is_for_those_who_may_call(db):
    assert Client().get("/api/v1/schema").status_code == 401
