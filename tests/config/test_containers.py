"""Dockerfile and docker-compose.yml run the same commands with settings that exist. No container engine is needed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from config.env import SETTINGS, read_environment

ROOT = Path(__file__).parent.parent.parent
OURS = ("migrate", "web", "worker", "beat")
FOREIGN = {"AWS_SHARED_CREDENTIALS_FILE", "AWS_DEFAULT_REGION"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compose")
    subprocess.run(["make", "--silent", "-f", ROOT / "Makefile", "secrets"], cwd=folder, check=True)
    return folder / "secrets"


@pytest.mark.parametrize("service", OURS)
def test_a_container_runs_a_command_that_exists(compose, service):
    assert compose["services"][service]["command"][0] in get_commands()


@pytest.mark.parametrize("service", OURS)
def test_a_container_is_given_every_setting_it_needs(compose, secrets, service, tmp_path):
    given = {"DATA_DIR": str(tmp_path)}
    for name, value in compose["services"][service]["environment"].items():
        assert name.removesuffix("_FILE") in SETTINGS or name in FOREIGN
        given[name] = default(str(value))
        if value.startswith("/run/secrets/"):
            secret = value.removeprefix("/run/secrets/")
            assert secret in compose["services"][service]["secrets"]
            given[name] = str(secrets / Path(compose["secrets"][secret]["file"]).name)

    env = read_environment(given)

    assert env.missing_for_production == ()
    assert env.postgres is not None
    assert env.postgres.password == (secrets / "postgres_password").read_text()


def default(value: str) -> str:
    """What compose puts in for ${NAME:-default} when nobody has set NAME."""
    return value.partition(":-")[2].rstrip("}") if value.startswith("${") else value


def test_every_secret_is_made_and_only_its_owner_reaches_it(compose, secrets):
    assert {Path(secret["file"]).name for secret in compose["secrets"].values()} == {
        path.name for path in secrets.iterdir()
    }
    assert secrets.stat().st_mode & 0o077 == 0


def test_both_sides_of_the_object_store_know_the_same_key(secrets):
    key = json.loads((secrets / "s3.json").read_text())["identities"][0]["credentials"][0]["secretKey"]

    assert f"aws_secret_access_key = {key}\n" in (secrets / "s3_credentials").read_text()


def test_every_service_and_secret_that_is_named_exists(compose):
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        assert set(service.get("secrets", [])) <= set(compose["secrets"])


def test_the_image_holds_every_app_and_nothing_else():
    kept = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    apps = {path.parent.name for path in ROOT.glob("*/apps.py")}

    assert apps <= kept
    assert kept - apps == {
        "client/stagekeeper/verify_permit.py",
        *("manage.py", "LICENSE", "requirements/runtime.txt"),
        *("package.json", "package-lock.json", ".npmrc"),
    }
