"""A real MLflow server, read through its REST protocol."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

import requests

from audit.exceptions import Refusal, Unavailable

_TIMEOUT: Final = (10, 120)
_PAGE: Final = 100
_POINTS: Final = 10_000


class Source:
    """Where everything comes from. Never follows a redirect with the credentials."""

    def __init__(self, address: str, *, token: str = "", login: tuple[str, str] | None = None) -> None:
        self.address = address.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        elif login:
            self._session.auth = login

    def version(self) -> str:
        """What the server says it is. Raises Unavailable when nobody answers."""
        with self._asked("GET", "/version") as answer:
            return str(answer.text)[:50]

    def experiments(self) -> Iterator[dict[str, Any]]:
        """The active experiments."""
        return self._pages("POST", "experiments/search", "experiments", max_results=_PAGE)

    def runs(self, experiment_id: str) -> Iterator[dict[str, Any]]:
        """The active runs of an experiment."""
        body = {"experiment_ids": [experiment_id], "run_view_type": "ACTIVE_ONLY", "order_by": ["start_time ASC"]}
        return self._pages("POST", "runs/search", "runs", max_results=_PAGE, **body)

    def deleted_runs(self, experiment_id: str) -> int:
        """How many runs of an experiment are deleted there."""
        body = {"experiment_ids": [experiment_id], "run_view_type": "DELETED_ONLY"}
        return sum(1 for _ in self._pages("POST", "runs/search", "runs", max_results=_PAGE, **body))

    def points(self, run_id: str, key: str) -> Iterator[dict[str, Any]]:
        """All points of a metric."""
        query = {"run_id": run_id, "metric_key": key, "max_results": _POINTS}
        for point in self._pages("GET", "metrics/get-history", "metrics", **query):
            value = point.get("value", 0)
            # What JSON has no number for is a text there.
            yield {**point, "value": value if isinstance(value, str) or math.isfinite(value) else str(value)}

    def logged_models(self, experiment_id: str) -> Iterator[dict[str, Any]]:
        """The logged models of an experiment; none where the server is older than they are."""
        body = {"experiment_ids": [experiment_id], "max_results": 50}
        try:
            yield from self._pages("POST", "logged-models/search", "models", **body)
        except NotThere:
            return

    def registered_models(self) -> Iterator[dict[str, Any]]:
        """The registered models."""
        return self._pages("GET", "registered-models/search", "registered_models", max_results=_PAGE)

    def versions(self, name: str) -> list[dict[str, Any]]:
        """The versions of a registered model, the oldest first."""
        quoted = f"'{name}'" if "'" not in name else f'"{name}"'
        query = {"filter": f"name={quoted}", "max_results": _PAGE}
        found = self._pages("GET", "model-versions/search", "model_versions", **query)
        return sorted(found, key=lambda version: int(version["version"]))

    def run_files(self, run_id: str, folder: str = "") -> Iterator[dict[str, Any]]:
        """The files of a run, in all its folders."""
        found = self._pages("GET", "artifacts/list", "files", run_id=run_id, path=folder)
        for entry in found:
            yield from self.run_files(run_id, entry["path"]) if entry.get("is_dir") else [entry]

    def model_files(self, model_id: str, folder: str = "") -> Iterator[dict[str, Any]]:
        """The files of a logged model, in all its folders."""
        path = f"logged-models/{quote(model_id, safe='')}/artifacts/directories"
        for entry in self._pages("GET", path, "files", artifact_directory_path=folder):
            yield from self.model_files(model_id, entry["path"]) if entry.get("is_dir") else [entry]

    @contextmanager
    def run_file(self, run_id: str, path: str) -> Iterator[requests.Response]:
        """The bytes of a file of a run."""
        with self._asked("GET", "/get-artifact", query={"run_uuid": run_id, "path": path}) as answer:
            yield answer

    @contextmanager
    def model_file(self, model_id: str, path: str) -> Iterator[requests.Response]:
        """The bytes of a file of a logged model."""
        place = f"/ajax-api/2.0/mlflow/logged-models/{quote(model_id, safe='')}/artifacts/files"
        with self._asked("GET", place, query={"artifact_file_path": path}) as answer:
            yield answer

    def _pages(self, method: str, path: str, name: str, /, **asked: Any) -> Iterator[dict[str, Any]]:
        while True:
            options = {"query": asked} if method == "GET" else {"body": asked}
            with self._asked(method, f"/api/2.0/mlflow/{path}", **options) as answer:
                page = answer.json()
            yield from page.get(name) or []
            if not (token := page.get("next_page_token")):
                return
            asked = {**asked, "page_token": token}

    @contextmanager
    def _asked(
        self, method: str, path: str, *, query: dict[str, Any] | None = None, body: dict[str, Any] | None = None
    ) -> Iterator[requests.Response]:
        try:
            with self._session.request(
                method,
                self.address + path,
                params=query,
                json=body,
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as answer:
                _check(answer, path)
                yield answer
        except requests.RequestException as error:
            raise Unavailable(f"{self.address} does not answer: {error}.") from error


class NotThere(Refusal):
    """The source has no such thing, or no such endpoint."""

    status = 404


class SourceFailed(Refusal):
    """The source answers, but not with what was asked for."""


def _check(answer: requests.Response, path: str) -> None:
    if answer.status_code == 404:
        raise NotThere(f"The source has nothing at {path}.")
    if answer.status_code != 200:
        raise SourceFailed(f"The source answered {answer.status_code} at {path}: {answer.text[:300]}")
