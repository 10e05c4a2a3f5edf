"""What is measured: each operation makes the same requests for either server.

Where an answer lists something, its ``gist`` is compared between the servers before anything is measured.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from benchmarks import content
from benchmarks.content import EPOCH, Plan
from benchmarks.load import Address, Request

API = "/api/2.0/mlflow"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
_SMALL, _LARGE = 1024, 256 * 1024 * 1024
_POOL = 64

Make = Callable[[int], Request]


class World:
    """One server, and the things on it that requests are about. Names made here are never used twice."""

    def __init__(self, address: Address, plan: Plan, payload: bytes) -> None:
        self.address = address
        self.plan = plan
        self._payload = memoryview(payload)
        self._empty_runs = iter(range(plan.empty_runs))

    @cached_property
    def scratch(self) -> str:
        """An experiment to make runs in."""
        return str(self.address.ask(self.post("experiments/create", name="bench-scratch"))["experiment_id"])

    @cached_property
    def roots(self) -> list[str]:
        """Where the artifacts of some new runs lie."""
        made = [self.address.ask(self.new_run(i))["run"]["info"] for i in range(_POOL)]
        return [run["artifact_uri"].removeprefix("mlflow-artifacts:/").lstrip("/") for run in made]

    def post(self, path: str, **fields: Any) -> Request:
        """A call of MLflow's protocol that writes, or searches."""
        return self.address.post(f"{API}/{path}", fields)

    def get(self, path: str, **query: Any) -> Request:
        """A call of MLflow's protocol that reads."""
        return self.address.get(f"{API}/{path}", **query)

    def new_run(self, i: int) -> Request:
        """Make a run as the client does."""
        tags = {"mlflow.user": "bench", "mlflow.source.name": "train.py", "mlflow.source.type": "LOCAL", "seed": str(i)}
        return self.post(
            "runs/create",
            experiment_id=self.scratch,
            run_name=f"made-{i}",
            start_time=EPOCH + i,
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )

    def next_empty_run(self) -> str:
        """A run that nothing was logged to yet. Raises StopIteration when there are no more."""
        return content.uid_of(content.EMPTY_EXPERIMENT, next(self._empty_runs))

    def experiment_id(self, size: int) -> str:
        """The experiment with this many runs."""
        name = content.experiment_name(size)
        answer = self.address.ask(self.get("experiments/get-by-name", experiment_name=name))
        return str(answer["experiment"]["experiment_id"])

    def put_file(self, path: str, size: int) -> Request:
        """Upload a file."""
        return self.address.request("PUT", f"{FILES}/{path}", self._payload[:size])

    def get_file(self, path: str) -> Request:
        """Download a file."""
        return self.address.get(f"{FILES}/{path}")


@dataclass(frozen=True)
class Operation:
    """Something to measure. ``times_less`` is the target: MLflow's processor time divided by ours, by database."""

    title: str
    prepare: Callable[[World], Make]
    times_less: float | tuple[float, float] | None = None
    #: Whether one client alone asks, because one answer keeps a processor busy for long.
    alone: bool = False
    gist: Callable[[Any], Any] | None = None
    #: The most per slice; 0 for as many as there is time for.
    most: int = 0
    memory: bool = False

    def target(self, *, postgres: bool) -> float | None:
        """The ratio wanted on this database."""
        return self.times_less[postgres] if isinstance(self.times_less, tuple) else self.times_less


def operations(plan: Plan) -> Iterator[Operation]:
    """All operations, in the order of the report."""
    yield Operation("`/health`", lambda world: lambda i: world.address.get("/health"))
    yield from _logging()
    yield from _searches(plan)
    yield from _registry(plan)
    yield from _files()


# --- Tracking ---------------------------------------------------------------------------------------------------------


def _logging() -> Iterator[Operation]:
    yield Operation("create run", lambda world: world.new_run, 4)
    yield Operation("get run", _get_run, 6, gist=lambda answer: _sizes(answer["run"]["data"]))
    yield Operation("log one metric", _log_metric, 6)
    yield Operation("log batch (100 metrics, 20 params)", lambda world: lambda i: _batch(world, 100, 1, 20), 5)
    yield Operation("log batch (10 metrics, 100 steps)", lambda world: lambda i: _batch(world, 10, 100, 0), 8)
    yield Operation(
        "metric history, 10 k points",
        lambda world: (
            lambda i: world.get(
                "metrics/get-history", run_id=content.HISTORY_RUN, run_uuid=content.HISTORY_RUN, metric_key="loss"
            )
        ),
        15,
        alone=True,
        gist=lambda answer: len(answer["metrics"]),
    )


def _get_run(world: World) -> Make:
    size = world.plan.run_sizes[0]
    uids = [content.uid_of(content.experiment_name(size), i) for i in range(size)]
    return lambda i: world.get("runs/get", run_id=uids[i % size], run_uuid=uids[i % size])


def _log_metric(world: World) -> Make:
    pool = [world.next_empty_run() for _ in range(_POOL)]
    return lambda i: world.post(
        "runs/log-metric", run_id=pool[i % _POOL], key="loss", value=1 / (i + 1), timestamp=EPOCH + i, step=i
    )


def _batch(world: World, keys: int, steps: int, params: int) -> Request:
    """A batch for a run that is still empty, so that the servers' different speeds do not make different runs."""
    metrics = [
        {"key": f"metric_{key}", "value": (key + step) / 7, "timestamp": EPOCH + step, "step": step}
        for step in range(steps)
        for key in range(keys)
    ]
    notes = [{"key": f"param_{j}", "value": f"value {j}"} for j in range(params)]
    return world.post("runs/log-batch", run_id=world.next_empty_run(), metrics=metrics, params=notes)


def _searches(plan: Plan) -> Iterator[Operation]:
    targets: dict[int, tuple[float, float]] = {1_000: (50, 8), 100_000: (150, 20)}
    for size in plan.run_sizes:
        yield Operation(
            f"search runs, filter + order, {_thousands(size)} runs",
            lambda world, size=size: _search(
                world, size, filter="metrics.acc > 0.9 and params.lr = '0.01'", order_by=["metrics.acc DESC"]
            ),
            targets.get(size),
            alone=True,
            gist=_found_runs,
        )
    largest = plan.run_sizes[-1]
    yield Operation(
        f"100 newest runs of {_thousands(largest)}",
        lambda world: _search(world, largest, order_by=["attributes.start_time DESC"]),
        10,
        alone=True,
        gist=_found_runs,
    )


def _search(world: World, size: int, **query: Any) -> Make:
    request = world.post("runs/search", experiment_ids=[world.experiment_id(size)], max_results=100, **query)
    return lambda i: request


def _found_runs(answer: Any) -> Any:
    return [run["info"]["run_id"] for run in answer["runs"]], [_sizes(run["data"]) for run in answer["runs"]]


def _sizes(data: dict[str, Any]) -> dict[str, int]:
    return {part: len(data.get(part, ())) for part in ("metrics", "params", "tags")}


# --- Registry ---------------------------------------------------------------------------------------------------------


def _registry(plan: Plan) -> Iterator[Operation]:
    yield Operation(
        "create registered model",
        lambda world: lambda i: world.post("registered-models/create", name=f"bench-made-{i}"),
        3,
    )
    yield Operation("create version", _create_version, 3)
    yield Operation("version by alias", _by_alias, 5, gist=lambda answer: answer["model_version"]["version"])
    yield Operation("transition stage", _transition, 2)
    latest: dict[int, float] = {1_000: 10, 10_000: 80, 100_000: 800}
    for size in plan.version_sizes:
        name = content.model_name(size)
        yield Operation(
            f"latest versions of a model with {_thousands(size)}",
            lambda world, name=name: lambda i: world.post("registered-models/get-latest-versions", name=name),
            latest[size],
            alone=True,
            gist=lambda answer: [version["version"] for version in answer["model_versions"]],
        )
    for size in plan.version_sizes:
        name = content.model_name(size)
        yield Operation(
            f"get a model with {_thousands(size)} versions",
            lambda world, name=name: lambda i: world.get("registered-models/get", name=name),
            500 if size == 100_000 else None,
            alone=True,
            gist=lambda answer: [version["version"] for version in answer["registered_model"]["latest_versions"]],
        )
    largest = plan.version_sizes[-1]
    yield Operation(
        f"search versions among {_thousands(largest)}, newest 100",
        lambda world: (
            lambda i: world.get(
                "model-versions/search",
                filter=f"name='{content.model_name(largest)}'",
                max_results=100,
                order_by="version_number DESC",
            )
        ),
        (1, 10),
        alone=True,
        gist=lambda answer: [version["version"] for version in answer["model_versions"]],
    )


def _create_version(world: World) -> Make:
    models = world.plan.small_models

    def make(i: int) -> Request:
        root = world.roots[i % _POOL]
        run = root.split("/")[-2]
        name = content.small_model_name(i % models)
        return world.post("model-versions/create", name=name, source=f"mlflow-artifacts:/{root}/model", run_id=run)

    return make


def _by_alias(world: World) -> Make:
    models = world.plan.small_models
    return lambda i: world.get(
        "registered-models/alias", name=content.small_model_name(i % models), alias=content.ALIAS
    )


def _transition(world: World) -> Make:
    models, stages = world.plan.small_models, ("Staging", "Production")
    return lambda i: world.post(
        "model-versions/transition-stage",
        name=content.small_model_name(i % models),
        version="1",
        stage=stages[i // models % 2],
        archive_existing_versions=False,
    )


# --- Artifacts --------------------------------------------------------------------------------------------------------


def _files() -> Iterator[Operation]:
    yield Operation("artifact put, 1 kB", lambda world: lambda i: _put(world, i, _SMALL), 1)
    yield Operation("artifact get, 1 kB", lambda world: _get(world, _SMALL), 1)
    yield Operation(
        "artifact put, 256 MB", lambda world: lambda i: _put(world, i, _LARGE), 2, alone=True, most=2, memory=True
    )
    yield Operation("artifact get, 256 MB", lambda world: _get(world, _LARGE), 2, alone=True, most=2, memory=True)


def _put(world: World, i: int, size: int) -> Request:
    return world.put_file(f"{world.roots[i % _POOL]}/{size}/{i}.bin", size)


def _get(world: World, size: int) -> Make:
    path = f"{world.roots[0]}/read/{size}.bin"
    world.address.ask(world.put_file(path, size))
    return lambda i: world.get_file(path)


def payload() -> bytes:
    """Bytes for the largest file, which no compression makes smaller."""
    block = random.Random(7).randbytes(1 << 20)
    return block * (_LARGE // len(block))


def _thousands(number: int) -> str:
    return f"{number // 1000} k"
