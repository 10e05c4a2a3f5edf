"""A person at the pages of the server: some things, such as deciding, are done by people and not by tokens."""

import re
from typing import Any

import requests

from demo.server import Stop


class Browser:
    """The pages, signed in to by one person."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._url = url
        self._username = username
        self._session = requests.Session()
        self._session.trust_env = False
        self._get("/sign-in")
        self._post("/sign-in", {"username": username, "password": password})

    def publish_policy(self, project: str, text: str) -> str:
        """Publish a policy and propose it for a project; return the address of the proposal."""
        page = self._post(f"/projects/{project}/policy/edit", {"text": text, "comment": "For the demo"})
        policy = page.url.rsplit("/", 1)[-1]
        page = self._post(f"/projects/{project}/policy/{policy}", {"reason": "Everybody is new here"})
        found = re.search(rf"/projects/{project}/policy/proposals/\d+", page.text)
        if found is None:
            raise Stop(f"The policy of {project} could not be proposed.")
        return found[0]

    def agree(self, project: str, proposal: str) -> None:
        """Agree to a proposed policy."""
        self._post(proposal, {"agree": "1"})

    def approve(self, request: int, subject_digest: str, comment: str) -> None:
        """Approve exactly what a request shows."""
        answer = {"verdict": "approve", "subject_digest": subject_digest, "comment": comment}
        self._post(f"/requests/{request}/decide", answer)

    def _get(self, path: str) -> requests.Response:
        return self._checked(self._session.get(self._url + path, timeout=60))

    def _post(self, path: str, data: dict[str, Any]) -> requests.Response:
        token = self._session.cookies.get("csrftoken", "")
        headers = {"Referer": self._url + path, "X-CSRFToken": token}
        return self._checked(self._session.post(self._url + path, data=data, headers=headers, timeout=60))

    def _checked(self, answer: requests.Response) -> requests.Response:
        if not answer.ok:
            raise Stop(f"{self._username} could not open {answer.url}: HTTP {answer.status_code}.")
        return answer
