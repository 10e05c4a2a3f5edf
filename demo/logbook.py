"""Logs many runs quickly: three calls each, several at a time, while the next one is being trained."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunStatus, RunTag
from mlflow.entities.dataset_input import DatasetInput
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from demo.access import Access
from demo.progress import Count, Progress
from demo.server import mlflow_in, sign_in

_AT_ONCE = 4
_BATCH = 1000
_BEGAN = datetime.now(UTC)

T = TypeVar("T")
Curves = dict[str, list[float]]


def moment(days_ago: float) -> int:
    """A moment before the demo began, in milliseconds since 1970."""
    return int((_BEGAN - timedelta(days=days_ago)).timestamp() * 1000)


@dataclass
class Trained:
    """What a run has to tell. Its name is unique in the experiment, so that no run is logged twice."""

    name: str
    days_ago: float
    seconds: float
    params: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    curves: Curves = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "FINISHED"
    parent: str = ""
    inputs: list[DatasetInput] = field(default_factory=list)


class Logbook:
    """One experiment. The administrator looks what is there; what is missing is written by somebody who works in it."""

    def __init__(
        self, client: MlflowClient, token: Callable[[], str], pool: ThreadPoolExecutor, count: Count, *, small: bool
    ) -> None:
        self.reader = client
        self._small = small
        self.count = count
        self._token = token
        self._pool = pool
        self._under_way: list[Future[str]] = []
        self._experiment_id = ""
        self._present: dict[str, str] = {}

    @property
    def writer(self) -> MlflowClient:
        """The client, signed in as whoever writes."""
        self.sign_in()
        return self.reader

    def sign_in(self) -> None:
        """From here on, whoever writes signs the calls. Only for what is missing, for it costs a token."""
        sign_in(self._token())

    def open(self, experiment: str, tags: dict[str, str]) -> None:
        """Find the experiment and the runs in it, or make it."""
        if known := self.reader.get_experiment_by_name(experiment):
            self._experiment_id = known.experiment_id
            self._present = dict(_runs_of(self.reader, known.experiment_id))
        else:
            self._experiment_id = self.writer.create_experiment(experiment, tags=tags)

    def some(self, items: Iterable[T]) -> Iterable[T]:
        """All of them, or every tenth when the demo is to be small."""
        return islice(items, None, None, 10 if self._small else 1)

    def has(self, name: str) -> bool:
        """Whether the run was logged before."""
        return name in self._present

    def uid_of(self, name: str) -> str:
        """The id of a run that was logged before."""
        return self._present[name]

    def add(self, run: Trained) -> None:
        """Log a run while the caller goes on."""
        if not self.has(run.name):
            self._under_way.append(self._pool.submit(self._write, run, self.writer))

    def write(self, run: Trained) -> str:
        """Log a run, unless that was done before, and return its id."""
        return self.uid_of(run.name) if self.has(run.name) else self._write(run, self.writer)

    def finish(self, uid: str, run: Trained) -> None:
        """Say how the run ended, and when."""
        self.reader.set_terminated(uid, run.status, end_time=moment(run.days_ago) + int(run.seconds * 1000))

    def drain(self) -> None:
        """Wait until everything is logged. Raises what went wrong."""
        for future in self._under_way:
            future.result()

    def _write(self, run: Trained, client: MlflowClient) -> str:
        began = moment(run.days_ago)
        tags = run.tags | ({MLFLOW_PARENT_RUN_ID: run.parent} if run.parent else {})
        made = client.create_run(self._experiment_id, start_time=began, tags=tags, run_name=run.name)
        uid = made.info.run_id
        points = list(_points(run, began))
        client.log_batch(
            uid,
            metrics=points[:_BATCH],
            params=[Param(key, str(value)) for key, value in run.params.items()],
            tags=[RunTag("mlflow.source.name", "train.py"), RunTag("mlflow.source.type", "LOCAL")],
        )
        for start in range(_BATCH, len(points), _BATCH):
            client.log_batch(uid, metrics=points[start : start + _BATCH])
        if run.inputs:
            client.log_inputs(uid, datasets=run.inputs)
        if run.status != RunStatus.to_string(RunStatus.RUNNING):
            self.finish(uid, run)
        self.count.add()
        return uid


@contextmanager
def logbook(
    access: Access, progress: Progress, writer: str, project: str, experiment: str, **about: str
) -> Iterator[Logbook]:
    """Open an experiment as somebody who may write in it; ``about`` are the tags it gets when it is made."""
    title = f"{project} / {experiment} by {writer}"
    with (
        progress.chapter(title) as count,
        mlflow_in(access.server, project) as client,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        book = Logbook(client, lambda: access.token_of(writer), pool, count, small=access.small)
        book.open(experiment, {"mlflow.note.content": about.pop("note", "")} | about)
        yield book
        book.drain()


def _points(run: Trained, began: int) -> Iterator[Metric]:
    for key, values in run.curves.items():
        pace = run.seconds * 1000 / max(1, len(values))
        for step, value in enumerate(values):
            yield Metric(key, float(value), began + int((step + 1) * pace), step)
    for key, value in run.metrics.items():
        yield Metric(key, float(value), began + int(run.seconds * 1000), 0)


def _runs_of(client: MlflowClient, experiment_id: str) -> Iterator[tuple[str, str]]:
    token: str | None = None
    while True:
        page = client.search_runs([experiment_id], max_results=1000, page_token=token)
        yield from ((run.info.run_name, run.info.run_id) for run in page)
        token = page.token
        if not token:
            return
