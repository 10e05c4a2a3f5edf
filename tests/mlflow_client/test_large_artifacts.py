"""Big files pass through the server without settling in its memory."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import mlflow
import pytest
from mlflow.artifacts import download_artifacts

from tests.mlflow_client.servers import Server

MEGABYTE = 1024 * 1024
SIZE = 200 * MEGABYTE
ALLOWED_GROWTH = 64 * MEGABYTE


class MemoryWatch:
    """Notes the most memory that the server's processes held together."""

    def __init__(self, pids: Callable[[], tuple[int, ...]]) -> None:
        self._pids, self._stop = pids, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.start = self.peak = self._now()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def growth(self) -> int:
        return self.peak - self.start

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, self._now())

    def _now(self) -> int:
        return sum(_resident(pid) for pid in self._pids())


def _resident(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.fixture
def big_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "big.bin"
    block = bytes(range(256)) * (MEGABYTE // 256)
    with path.open("wb") as file:
        for number in range(SIZE // MEGABYTE):
            file.write(number.to_bytes(8, "big") + block[8:])
    yield path
    path.unlink()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.stagekeeper("a foreign server's memory is not ours to watch")
def test_two_hundred_megabytes_go_there_and_back_in_constant_memory(server: Server, experiment, big_file, tmp_path):
    with mlflow.start_run() as run:
        mlflow.log_text("warm", "warm.txt")
        with MemoryWatch(server.processes) as memory:
            mlflow.log_artifact(big_file)
            copy = Path(
                download_artifacts(run_id=run.info.run_id, artifact_path="big.bin", dst_path=str(tmp_path / "x"))
            )

    assert _digest(copy) == _digest(big_file)
    assert memory.growth < ALLOWED_GROWTH, f"the server grew by {memory.growth // MEGABYTE} MB"


def test_a_stream_is_logged(experiment, client):
    import io

    with mlflow.start_run() as run:
        client.log_stream(run.info.run_id, io.BytesIO(b"x" * MEGABYTE), "stream.bin")

    assert Path(download_artifacts(run_id=run.info.run_id, artifact_path="stream.bin")).stat().st_size == MEGABYTE
