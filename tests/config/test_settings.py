"""Settings from the environment: what each may be, and the sentence for what it may not be."""

import stat
from pathlib import Path

import pytest

from config.env import SETTINGS, Environment, MailAddress, WrongSetting, read_environment
from config.management.commands.settings_table import settings_markdown

GIVEN = {
    "DATABASE_URL": "postgresql://anna:p%40ss@db.internal:5433/registry?sslmode=require",
    "DATABASE_POOL_SIZE": "4",
    "REDIS_URL": "rediss://cache.internal:6380/2",
    "ARTIFACT_ROOT": "s3://models/registry/",
    "ARTIFACT_S3_ENDPOINT_URL": "https://s3.internal:8333/",
    "ARTIFACT_S3_PUBLIC_URL": "https://files.example.org",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "models.example.org, .example.com",
    "PUBLIC_URL": "https://models.example.org/",
    "HOST": "127.0.0.2",
    "PORT": "9000",
    "ALLOW_PUBLIC": "yes",
    "MAIL_URL": "smtp+tls://anna:p%40ss@mail.internal",
    "MAIL_FROM": "models@example.org",
    "PROXIES": "1",
    "WEB_PROCESSES": "2",
    "WEB_THREADS": "3",
    "WORKER_THREADS": "5",
    "ALLOW_PRIVATE_WEBHOOKS": "1",
    "DEBUG": "0",
}


def read(folder: Path, **given: str) -> Environment:
    return read_environment({"DATA_DIR": str(folder), **given})


def test_without_any_setting_everything_lies_in_the_data_folder(tmp_path):
    env = read(tmp_path / "new")

    assert env.postgres is None
    assert env.redis_url == ""
    assert env.artifact_root == str(tmp_path / "new" / "artifacts")
    assert env.public_url == "http://127.0.0.1:8000"
    assert env.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]
    assert not env.debug


def test_a_generated_secret_key_is_kept_for_its_owner_alone(tmp_path):
    first, second = read(tmp_path).secret_key, read(tmp_path).secret_key

    assert first == second
    assert len(first) > 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_every_setting_can_be_given(tmp_path):
    check_given(read(tmp_path, **GIVEN))
    assert {"DATA_DIR", *GIVEN} == set(SETTINGS)


def test_every_setting_can_be_given_in_a_file(tmp_path):
    files = {}
    for name, value in {**GIVEN, "DATA_DIR": str(tmp_path)}.items():
        path = tmp_path / name.lower()
        path.write_text(f"{value}\n")
        files[f"{name}_FILE"] = str(path)

    check_given(read_environment(files))


def check_given(env: Environment) -> None:
    assert env.postgres
    assert (env.postgres.user, env.postgres.password, env.postgres.name) == ("anna", "p@ss", "registry")
    assert (env.postgres.host, env.postgres.port, env.postgres.options) == (
        "db.internal",
        "5433",
        {"sslmode": "require"},
    )
    assert env.pool_size == 4
    assert env.redis_url == env.celery_broker_url == "rediss://cache.internal:6380/2"
    assert env.artifact_root == "s3://models/registry"
    assert env.artifact_s3_endpoint_url == "https://s3.internal:8333"
    assert env.artifact_s3_public_url == "https://files.example.org"
    assert env.secret_key == "k" * 50
    assert env.allowed_hosts[:2] == ["models.example.org", ".example.com"]
    assert env.public_url == "https://models.example.org"
    assert (env.host, env.port, env.allow_public, env.allow_private_webhooks) == ("127.0.0.2", 9000, True, True)
    assert env.mail == MailAddress("mail.internal", 587, "anna", "p@ss", starttls=True, tls=False)
    assert env.mail_from == "models@example.org"
    assert env.proxies == 1
    assert (env.web_processes, env.web_threads, env.worker_threads, env.debug) == (2, 3, 5, False)
    assert env.missing_for_production == ()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://db/registry", "DATABASE_URL must look like postgresql://"),
        ("DATABASE_URL", "postgresql://db", "DATABASE_URL must look like postgresql://"),
        ("DATABASE_URL", "postgresql://db:port/registry", "DATABASE_URL is not a URL"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must look like redis://"),
        ("REDIS_URL", "unix://", "REDIS_URL must look like redis://"),
        ("ARTIFACT_ROOT", "gs://bucket", "ARTIFACT_ROOT must be a folder or look like s3://bucket/prefix."),
        ("ARTIFACT_ROOT", "s3:///prefix", "ARTIFACT_ROOT must be a folder or look like s3://bucket/prefix."),
        ("ARTIFACT_S3_ENDPOINT_URL", "s3.internal:9000", "ARTIFACT_S3_ENDPOINT_URL must begin with http"),
        ("SECRET_KEY", "short", "SECRET_KEY must have at least 32 characters."),
        ("ALLOWED_HOSTS", "https://models.example.org", "ALLOWED_HOSTS lists host names without http://"),
        ("PUBLIC_URL", "models.example.org", "PUBLIC_URL must begin with http:// or https:// and name a host."),
        ("PORT", "http", "PORT must be a whole number from 1 to 65535, not 'http'."),
        ("PORT", "65536", "PORT must be a whole number from 1 to 65535"),
        ("DATABASE_POOL_SIZE", "0", "DATABASE_POOL_SIZE must be a whole number from 1"),
        ("MAIL_URL", "mail.internal:25", "MAIL_URL begins with smtp://"),
        ("PROXIES", "nginx", "PROXIES must be a whole number from 0"),
        ("WEB_PROCESSES", "-1", "WEB_PROCESSES must be a whole number from 1"),
        ("WEB_THREADS", "many", "WEB_THREADS must be a whole number from 1"),
        ("WORKER_THREADS", "²", "WORKER_THREADS must be a whole number from 1"),
        ("DEBUG", "maybe", "DEBUG must be 1 or 0, not 'maybe'."),
        ("ALLOW_PUBLIC", "2", "ALLOW_PUBLIC must be 1 or 0"),
        ("ALLOW_PRIVATE_WEBHOOKS", "all", "ALLOW_PRIVATE_WEBHOOKS must be 1 or 0"),
        ("SECRET_KEY_FILE", "/nowhere/key", "SECRET_KEY_FILE names /nowhere/key, which cannot be read: No such file"),
    ],
)
def test_a_wrong_setting_is_named_in_a_sentence(tmp_path, name, value, sentence):
    with pytest.raises(WrongSetting) as wrong:
        read(tmp_path, **{name: value})

    assert str(wrong.value).startswith(sentence)
    assert str(wrong.value).endswith(".")


def test_a_setting_and_its_file_cannot_both_be_given(tmp_path):
    with pytest.raises(WrongSetting, match=r"Give either PORT or PORT_FILE, not both\."):
        read(tmp_path, PORT="8000", PORT_FILE="/run/port")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_value_is_refused(tmp_path, content):
    (tmp_path / "key").write_bytes(content)

    with pytest.raises(
        WrongSetting, match=r"SECRET_KEY_FILE names .*, which (is empty|cannot be read: it is not text)"
    ):
        read(tmp_path, SECRET_KEY_FILE=str(tmp_path / "key"))


def test_a_secret_key_that_cannot_be_kept_must_be_given(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(WrongSetting, match="SECRET_KEY is not set and cannot be kept in"):
        read(tmp_path / "file")


def test_a_password_is_never_part_of_a_sentence(tmp_path):
    with pytest.raises(WrongSetting) as wrong:
        read(tmp_path, DATABASE_URL="postgresql://anna:hunter2@db:x/registry")

    assert "hunter2" not in str(wrong.value)


def test_a_private_socket_is_spelt_as_celery_wants_it(tmp_path):
    env = read(tmp_path, REDIS_URL="unix:///run/broker.sock?db=3")

    assert env.celery_broker_url == "redis+socket:///run/broker.sock?virtual_host=3"


def test_the_broker_of_a_running_server_is_found_while_it_runs(tmp_path):
    (tmp_path / "broker.url").write_text(f"unix://{tmp_path}/broker.sock?db=0")
    assert read(tmp_path).redis_url == ""

    (tmp_path / "broker.sock").touch()
    assert read(tmp_path).redis_url == f"unix://{tmp_path}/broker.sock?db=0"


def test_the_page_of_settings_is_what_the_code_says():
    page = Path(__file__).parent.parent.parent / "docs" / "settings.md"

    assert page.read_text() == settings_markdown(), "run: manage.py settings_table > docs/settings.md"


def test_a_deployment_is_told_what_it_lacks(tmp_path):
    env = read(tmp_path, **{name: value for name, value in GIVEN.items() if name not in ("REDIS_URL", "SECRET_KEY")})

    assert env.missing_for_production == ("REDIS_URL", "SECRET_KEY")
