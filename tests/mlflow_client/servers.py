"""The live server the client tests talk to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """Where the server listens and how each member of the cast signs in."""

    url: str
    ours: bool
    tokens: Mapping[str, str] = field(default_factory=dict)
    passwords: Mapping[str, str] = field(default_factory=dict)
    pids: tuple[int, ...] = ()

    def credentials(self, name: str) -> dict[str, str]:
        """Return the environment variables with which the MLflow client signs in as `name`."""
        if name in self.tokens:
            return {"MLFLOW_TRACKING_TOKEN": self.tokens[name]}
        if name in self.passwords:
            return {"MLFLOW_TRACKING_USERNAME": name, "MLFLOW_TRACKING_PASSWORD": self.passwords[name]}
        return {}


@contextlib.contextmanager
def start_server(folder: Path) -> Iterator[Server]:
    """Start our server on fresh data, or use the one that STAGEKEEPER_CLIENT_TEST_URL names."""
    if url := os.environ.get("STAGEKEEPER_CLIENT_TEST_URL"):
        password = os.environ.get("STAGEKEEPER_CLIENT_TEST_PASSWORD")
        yield Server(url, ours=False, passwords={"admin": password} if password else {})
        return
    raise NotImplementedError
