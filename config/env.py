"""Reads every setting that comes from the environment, and says in one sentence what is wrong with it.

Each setting NAME may also be given as NAME_FILE, the path of a file that holds the value (for secrets mounted
into containers). Without any setting Stagekeeper runs embedded: everything lies in DATA_DIR.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SETTINGS = {
    "DATA_DIR": "Folder of everything that runs embedded: database, artifacts, secret key. Default: ./var",
    "DATABASE_URL": "postgresql://user:password@host:5432/name. Default: SQLite in DATA_DIR",
    "DATABASE_POOL_SIZE": "Most connections that one process holds to PostgreSQL. Default: 16",
    "REDIS_URL": "redis://, rediss:// or unix:// address of Redis or Valkey. Default: `manage.py up` starts its own",
    "ARTIFACT_ROOT": "Folder or s3://bucket/prefix that keeps artifacts. Default: DATA_DIR/artifacts",
    "ARTIFACT_S3_ENDPOINT_URL": "Address of an S3-compatible store. Default: Amazon S3",
    "ARTIFACT_S3_PUBLIC_URL": "Address at which clients reach that store themselves. Default: files pass through here",
    "SECRET_KEY": "Long random text that signs sessions and links. Default: made once and kept in DATA_DIR/secret_key",
    "ALLOWED_HOSTS": "Host names that users type, separated by commas. Default: this machine only",
    "PUBLIC_URL": "Address that users type, as in https://models.example.org. Default: http://HOST:PORT",
    "HOST": "Address to listen on. Default: 127.0.0.1",
    "PORT": "Port to listen on. Default: 8000",
    "ALLOW_PUBLIC": "1 lets `manage.py up` listen on an address that other machines reach. Default: 0",
    "ALLOW_PRIVATE_WEBHOOKS": "1 lets webhooks go to private addresses and over plain http. Default: 0",
    "MAIL_URL": "smtp://, smtp+tls:// or smtps://user:password@host:port that sends notices. Default: they are printed",
    "MAIL_FROM": "Sender of notices. Default: stagekeeper@localhost",
    "PROXIES": "Proxies of yours in front, whose X-Forwarded-For and X-Forwarded-Proto are believed. Default: 0",
    "WEB_PROCESSES": "Web processes. Default: 1",
    "WEB_THREADS": "Requests that one web process answers at a time. Default: 32",
    "WORKER_THREADS": "Background jobs that one worker runs at a time. Default: 4",
    "DEBUG": "1 shows tracebacks in the browser; never in production. Default: 0",
}
PRODUCTION_NEEDS = ("DATABASE_URL", "REDIS_URL", "ARTIFACT_ROOT", "SECRET_KEY", "ALLOWED_HOSTS")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  (compared with, never bound to unasked)


class WrongSetting(Exception):
    """A setting is missing or wrong; the message tells an operator which one and what to write instead."""


@dataclass(frozen=True)
class PostgresAddress:
    """Where PostgreSQL answers, in the words of Django's DATABASES setting."""

    name: str
    user: str
    password: str
    host: str
    port: str
    options: dict[str, str]


@dataclass(frozen=True)
class MailAddress:
    """Where mail is handed over, in the words of Django's EMAIL settings."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool


@dataclass(frozen=True)
class Environment:
    """Every setting, checked and typed."""

    data_dir: Path
    postgres: PostgresAddress | None
    pool_size: int
    redis_url: str
    artifact_root: str
    artifact_s3_endpoint_url: str
    artifact_s3_public_url: str
    secret_key: str
    allowed_hosts: list[str]
    public_url: str
    host: str
    port: int
    allow_public: bool
    allow_private_webhooks: bool
    mail: MailAddress | None
    mail_from: str
    proxies: int
    web_processes: int
    web_threads: int
    worker_threads: int
    debug: bool
    missing_for_production: tuple[str, ...]

    @property
    def broker_file(self) -> Path:
        """The file in which `manage.py up` leaves the address of the broker that it runs."""
        return self.data_dir / "broker.url"

    @property
    def celery_broker_url(self) -> str:
        """The Redis address as Celery spells it; without one, messages reach only this process."""
        if not self.redis_url:
            return "memory://"
        address = urlsplit(self.redis_url)
        if address.scheme == "unix":
            database = dict(parse_qsl(address.query)).get("db", "0")
            return f"redis+socket://{address.path}?virtual_host={database}"
        return self.redis_url


def read_environment(environ: Mapping[str, str] | None = None) -> Environment:
    """Read all settings. Raises WrongSetting with a sentence about the first one that cannot be used."""
    given = _given(os.environ if environ is None else environ)
    data_dir = Path(given.get("DATA_DIR", "var")).absolute()
    host, port = given.get("HOST", "127.0.0.1"), _whole_number(given, "PORT", 8000, 1, 65535)
    return Environment(
        data_dir=data_dir,
        postgres=_postgres(given),
        pool_size=_whole_number(given, "DATABASE_POOL_SIZE", 16, 1, 1000),
        redis_url=_redis(given) or _running_broker(data_dir / "broker.url"),
        artifact_root=_artifact_root(given, data_dir),
        artifact_s3_endpoint_url=_web_address(given, "ARTIFACT_S3_ENDPOINT_URL"),
        artifact_s3_public_url=_web_address(given, "ARTIFACT_S3_PUBLIC_URL"),
        secret_key=_secret_key(given, data_dir),
        allowed_hosts=_allowed_hosts(given, host),
        public_url=_web_address(given, "PUBLIC_URL") or f"http://{_in_url(host)}:{port}",
        host=host,
        port=port,
        allow_public=_yes_or_no(given, "ALLOW_PUBLIC"),
        allow_private_webhooks=_yes_or_no(given, "ALLOW_PRIVATE_WEBHOOKS"),
        mail=_mail(given),
        mail_from=given.get("MAIL_FROM", "stagekeeper@localhost"),
        proxies=_whole_number(given, "PROXIES", 0, 0, 9),
        web_processes=_whole_number(given, "WEB_PROCESSES", 1, 1, 64),
        web_threads=_whole_number(given, "WEB_THREADS", 32, 1, 256),
        worker_threads=_whole_number(given, "WORKER_THREADS", 4, 1, 256),
        debug=_yes_or_no(given, "DEBUG"),
        missing_for_production=tuple(name for name in PRODUCTION_NEEDS if name not in given),
    )


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    given = {}
    for name in SETTINGS:
        value, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
        if value and path:
            raise WrongSetting(f"Give either {name} or {name}_FILE, not both.")
        if path:
            value = _read_file(f"{name}_FILE", path)
        if value:
            given[name] = value
    return given


def _read_file(name: str, path: str) -> str:
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise WrongSetting(f"{name} names {path}, which cannot be read: {reason}.") from error
    if not value:
        raise WrongSetting(f"{name} names {path}, which is empty.")
    return value


def _split(name: str, value: str) -> SplitResult:
    try:
        address = urlsplit(value)
        _ = address.port
    except ValueError as error:
        # The error may quote a password.
        raise WrongSetting(f"{name} is not a URL; special characters in a password are written as %XX.") from error
    return address


def _postgres(given: Mapping[str, str]) -> PostgresAddress | None:
    if "DATABASE_URL" not in given:
        return None
    address = _split("DATABASE_URL", given["DATABASE_URL"])
    name = unquote(address.path.removeprefix("/"))
    if address.scheme not in ("postgresql", "postgres") or not name:
        raise WrongSetting("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    options = dict(parse_qsl(address.query))
    return PostgresAddress(
        name=name,
        user=unquote(address.username or ""),
        password=unquote(address.password or ""),
        host=options.pop("host", unquote(address.hostname or "")),
        port=options.pop("port", str(address.port or "")),
        options=options,
    )


def _mail(given: Mapping[str, str]) -> MailAddress | None:
    if "MAIL_URL" not in given:
        return None
    address = _split("MAIL_URL", given["MAIL_URL"])
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if address.scheme not in ports or not address.hostname:
        raise WrongSetting("MAIL_URL begins with smtp://, smtp+tls:// or smtps:// and names a host.")
    return MailAddress(
        host=address.hostname,
        port=address.port or ports[address.scheme],
        user=unquote(address.username or ""),
        password=unquote(address.password or ""),
        starttls=address.scheme == "smtp+tls",
        tls=address.scheme == "smtps",
    )


def _redis(given: Mapping[str, str]) -> str:
    url = given.get("REDIS_URL", "")
    if url:
        address = _split("REDIS_URL", url)
        place = address.path if address.scheme == "unix" else address.hostname
        if address.scheme not in ("redis", "rediss", "unix") or not place:
            raise WrongSetting("REDIS_URL must look like redis://host:6379/0, rediss://… or unix:///path?db=0.")
    return url


def _running_broker(broker_file: Path) -> str:
    try:
        url = broker_file.read_text().strip()
    except OSError:
        return ""
    return url if Path(urlsplit(url).path).exists() else ""


def _artifact_root(given: Mapping[str, str], data_dir: Path) -> str:
    root = given.get("ARTIFACT_ROOT", "")
    if not root:
        return str(data_dir / "artifacts")
    if "://" not in root:
        return str(Path(root).absolute())
    address = _split("ARTIFACT_ROOT", root)
    if address.scheme != "s3" or not address.netloc:
        raise WrongSetting("ARTIFACT_ROOT must be a folder or look like s3://bucket/prefix.")
    return root.rstrip("/")


def _web_address(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "")
    if value:
        address = _split(name, value)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise WrongSetting(f"{name} must begin with http:// or https:// and name a host.")
    return value.rstrip("/")


def _allowed_hosts(given: Mapping[str, str], host: str) -> list[str]:
    if "ALLOWED_HOSTS" not in given:
        return [*LOCAL_HOSTS, *({host} - {*LOCAL_HOSTS, *EVERY_ADDRESS, "::1"})]
    hosts = [name.strip() for name in given["ALLOWED_HOSTS"].split(",") if name.strip()]
    for name in hosts:
        if "/" in name or " " in name:
            raise WrongSetting(f"ALLOWED_HOSTS lists host names without http:// or paths; {name!r} is not one.")
    # Health probes come from this machine and call it by these names.
    return [*hosts, *LOCAL_HOSTS]


def _secret_key(given: Mapping[str, str], data_dir: Path) -> str:
    key = given.get("SECRET_KEY") or _kept_secret_key(data_dir / "secret_key")
    if len(key) < 32:
        raise WrongSetting("SECRET_KEY must have at least 32 characters.")
    return key


def _kept_secret_key(path: Path) -> str:
    """Return the key of this data folder; the first caller makes it, readable by its owner alone."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(path, secrets.token_urlsafe(50))
        return path.read_text().strip()
    except OSError as error:
        raise WrongSetting(
            f"SECRET_KEY is not set and cannot be kept in {path}: {error.strerror}. Set it, or set DATA_DIR."
        ) from error


def _write_once(path: Path, text: str) -> None:
    # The file appears complete or not at all: another process may read it at the same moment.
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _whole_number(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name, str(default))
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise WrongSetting(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
    return int(value)


def _yes_or_no(given: Mapping[str, str], name: str) -> bool:
    answers: dict[str, Literal[True, False]] = {
        "1": True,
        "true": True,
        "yes": True,
        "0": False,
        "false": False,
        "no": False,
    }
    value = given.get(name, "0").lower()
    if value not in answers:
        raise WrongSetting(f"{name} must be 1 or 0, not {value!r}.")
    return answers[value]


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
