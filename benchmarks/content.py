"""What both servers hold when they are measured. The same numbers make the same rows on both sides."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

#: When the oldest thing was made, in milliseconds since 1970; fixed, so that both sides agree.
EPOCH = 1_760_000_000_000
METRICS = ("acc", "loss", *(f"m{j}" for j in range(8)))
RATES = ("0.1", "0.03", "0.01", "0.003")

HISTORY_EXPERIMENT = "bench-history"
HISTORY_RUN = hashlib.md5(b"bench-history").hexdigest()
#: Finished nothing yet: what is logged while measuring goes to these, each batch to a run of its own.
EMPTY_EXPERIMENT = "bench-empty"
ALIAS = "champion"
VERSIONS_OF_SMALL = 3


@dataclass(frozen=True)
class Plan:
    """How much of everything there is."""

    run_sizes: tuple[int, ...]
    version_sizes: tuple[int, ...]
    small_models: int
    empty_runs: int
    history_points: int


#: For `--quick`, and for figures to be published.
QUICK = Plan(run_sizes=(1_000,), version_sizes=(1_000,), small_models=200, empty_runs=2_000, history_points=10_000)
FULL = Plan(
    run_sizes=(1_000, 10_000, 100_000),
    version_sizes=(1_000, 10_000, 100_000),
    small_models=1_000,
    empty_runs=12_000,
    history_points=10_000,
)


#: For the pages: as much as they promise to bear, and little to see that everything works.
PAGES = Plan(
    run_sizes=(100_000,), version_sizes=(100_000,), small_models=10_000, empty_runs=100, history_points=1_000_000
)
FEW_PAGES = Plan(run_sizes=(1_000,), version_sizes=(1_000,), small_models=200, empty_runs=10, history_points=10_000)
#: By the names that the seeding commands take.
PLANS = {"quick": QUICK, "full": FULL, "pages": PAGES, "few-pages": FEW_PAGES}


@dataclass(frozen=True)
class RunContent:
    """One run as it is stored: 10 metrics, 5 params, 4 tags; or nothing."""

    uid: str
    name: str
    start_time: int
    metrics: tuple[tuple[str, float], ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


def experiment_name(size: int) -> str:
    """The experiment that holds this many runs."""
    return f"bench-runs-{size}"


def model_name(size: int) -> str:
    """The model that has this many versions."""
    return f"bench-versions-{size}"


def small_model_name(index: int) -> str:
    """One of many models with few versions, whose first version has the alias."""
    return f"bench-small-{index}"


def uid_of(experiment: str, index: int) -> str:
    """A run's id."""
    return hashlib.md5(f"{experiment}-{index}".encode()).hexdigest()


def runs(size: int) -> Iterator[RunContent]:
    """The runs of an experiment of this size, oldest first."""
    values = random.Random(size)
    name = experiment_name(size)
    for i in range(size):
        params = (
            ("lr", RATES[i % 4]),
            ("batch_size", str(32 << (i % 3))),
            ("optimizer", "adam" if i % 2 else "sgd"),
            ("depth", str(i % 7)),
            ("seed", str(i)),
        )
        tags = (
            ("mlflow.user", "bench"),
            ("mlflow.source.name", "train.py"),
            ("mlflow.source.type", "LOCAL"),
            ("mlflow.runName", f"run-{i}"),
        )
        metrics = tuple((key, values.random()) for key in METRICS)
        yield RunContent(uid_of(name, i), f"run-{i}", EPOCH + i * 1000, metrics, params, tags)


def empty_runs(count: int) -> Iterator[RunContent]:
    """Runs to log to."""
    for i in range(count):
        yield RunContent(uid_of(EMPTY_EXPERIMENT, i), f"empty-{i}", EPOCH + i * 1000)


def history(points: int) -> Iterator[tuple[int, int, float]]:
    """The points of one long metric: time, step, value."""
    for i in range(points):
        yield EPOCH + i, i, 1.0 / (1 + i)


def models(plan: Plan) -> Iterator[tuple[str, int, int | None]]:
    """All models: name, number of versions, and the version with the alias."""
    for size in plan.version_sizes:
        yield model_name(size), size, size // 2
    for i in range(plan.small_models):
        yield small_model_name(i), VERSIONS_OF_SMALL, 1


def source_of(model: str, number: int) -> str:
    """Where a seeded version's files would lie."""
    return f"s3://bench/models/{model}/{number}"
