"""What every test with the real MLflow client shares: a live server, people, and fresh names."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import Experiment
from sklearn.linear_model import LogisticRegression

from tests.mlflow_client.servers import Server, start_server

Names = Callable[[str], str]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "stagekeeper(reason): holds only for Stagekeeper; skipped when the suite is pointed at a foreign server",
    )


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server under test: ours, or the one named by STAGEKEEPER_CLIENT_TEST_URL."""
    with start_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(autouse=True)
def _only_on_stagekeeper(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("stagekeeper")
    if marker and not request.getfixturevalue("server").ours:
        pytest.skip(f"a deliberate difference: {marker.args[0]}")


@pytest.fixture(autouse=True)
def sign_in(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], MlflowClient]]:
    """Point the client at the server as `admin`; call it with a name to become somebody else."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    monkeypatch.setenv("GIT_PYTHON_REFRESH", "quiet")

    def become(name: str) -> MlflowClient:
        for variable in ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
            monkeypatch.delenv(variable, raising=False)
        for variable, value in server.credentials(name).items():
            monkeypatch.setenv(variable, value)
        return MlflowClient(server.url)

    mlflow.set_tracking_uri(server.url)
    become("admin")
    yield become
    mlflow.flush_async_logging()
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_workspace(None)


@pytest.fixture
def client(server: Server) -> MlflowClient:
    """The low-level client, signed in as the project's administrator."""
    return MlflowClient(server.url)


@pytest.fixture(scope="session")
def unique() -> Names:
    """Make a name nobody else has used on this server."""
    run, numbers = uuid.uuid4().hex[:8], itertools.count(1)
    return lambda stem: f"{stem}-{run}-{next(numbers)}"


@pytest.fixture
def experiment(unique: Names) -> Experiment:
    """A fresh experiment that the fluent functions log into."""
    return mlflow.set_experiment(unique("experiment"))


@pytest.fixture
def quick_requirements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the client the sub-interpreter in which it works out a model's requirements."""
    monkeypatch.setattr("mlflow.models.infer_pip_requirements", lambda *_, **__: ["mlflow", "scikit-learn"])


@pytest.fixture(scope="session")
def classifier() -> LogisticRegression:
    """A fitted scikit-learn model that says whether a number is positive."""
    return LogisticRegression().fit([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1])
