"""Talks to a running Stagekeeper: to its REST API directly, and to MLflow's protocol through the stock client."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import requests


class Stop(Exception):
    """The demo cannot go on; the message says why, and what to do."""


class Server:
    """One server, spoken to by its administrator unless told otherwise."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # A proxy or a .netrc has no say in who we are.
        self.token = token

    def check_that_it_runs(self) -> None:
        """Raises `Stop` when nobody answers, or somebody else does."""
        try:
            answer = self._session.get(f"{self.url}/readyz", timeout=10)
        except requests.RequestException:
            answer = None
        if answer is None or not answer.ok:
            raise Stop(
                f"No Stagekeeper answers at {self.url}. Start one with `make up` in another terminal, "
                "or say where it is: STAGEKEEPER_URL=http://… make demo"
            )

    def get(self, path: str, **query: Any) -> Any:
        """What the REST API shows at a path; None when it is not there."""
        return self._ask("GET", path, params=query)

    def find(self, path: str, **query: Any) -> Any:
        """The first row of a list, or None."""
        rows = self.get(path, **query)["results"]
        return rows[0] if rows else None

    def every(self, path: str, **query: Any) -> Iterator[Any]:
        """All rows of a list, page by page."""
        link: str | None = None
        while True:
            page = self._ask("GET", path, params={"page_size": 200} | query, link=link)
            yield from page["results"]
            link = page["next"]
            if not link:
                return

    def post(self, path: str, body: dict[str, Any], *, token: str = "", login: tuple[str, str] | None = None) -> Any:
        """Make or do something, as the administrator or as whoever the token or login is of."""
        return self._ask("POST", path, json=body, token=token, auth=login)

    def put(self, path: str, body: dict[str, Any], *, token: str = "") -> Any:
        """Set something."""
        return self._ask("PUT", path, json=body, token=token)

    def patch(self, path: str, body: dict[str, Any], *, token: str = "") -> Any:
        """Change something."""
        return self._ask("PATCH", path, json=body, token=token)

    def refused(self, path: str, body: dict[str, Any], *, token: str) -> None:
        """Try something that this person may not do, so that the log has an attempt to show."""
        answer = self._send("POST", path, json=body, token=token)
        if answer.status_code != requests.codes.forbidden:
            raise Stop(f"POST {path} was to be refused but answered {answer.status_code}.")

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self._send(method, path, **options)
        if method == "GET" and answer.status_code == requests.codes.not_found:
            return None
        if answer.status_code == requests.codes.unauthorized and not options.get("token"):
            raise Stop(
                f"{self.url} does not know our token. Is DATA_DIR the folder of that server? "
                "Otherwise give the token of one of its administrators as STAGEKEEPER_TOKEN."
            )
        if not answer.ok:
            raise Stop(f"{method} {path} was refused: {_sentence(answer)}")
        return answer.json() if answer.content else None

    def _send(
        self, method: str, path: str, *, link: str | None = None, token: str = "", auth: Any = None, **options: Any
    ) -> requests.Response:
        headers = {} if auth else {"Authorization": f"Bearer {token or self.token}"}
        address = link or f"{self.url}/api/v1/{path}"
        if link:
            options.pop("params", None)
        return self._session.request(method, address, headers=headers, auth=auth, timeout=60, **options)


def model_path(project: str, name: str) -> str:
    """Where a registered model lies in the REST API."""
    return f"registered-models/{project}/{quote(name, safe='')}"


@contextmanager
def mlflow_in(server: Server, project: str) -> Iterator[Any]:
    """Point the stock client at a project of the server, signed in as the administrator, and hand it out."""
    import mlflow

    sign_in(server.token)
    mlflow.set_tracking_uri(server.url)
    mlflow.set_workspace(project)
    try:
        yield mlflow.MlflowClient(server.url)
    finally:
        mlflow.set_workspace(None)
        del os.environ["MLFLOW_TRACKING_TOKEN"]


def sign_in(token: str) -> None:
    """Let the stock client sign its calls with another token from now on, in all threads."""
    os.environ["MLFLOW_TRACKING_TOKEN"] = token


def _sentence(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
