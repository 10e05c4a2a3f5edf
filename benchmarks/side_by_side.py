"""Both servers, started on the same content on the same machine, for whatever is to be measured on them."""

import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.report import Start
from benchmarks.servers import Mlflow, Postgres, Server, Stagekeeper

_REST_SECONDS = 5
#: Nothing is measured until a started server uses less of a processor than this, or has had so many seconds.
_AT_REST, _SETTLE_SECONDS = 0.1, 90


@contextmanager
def pair(database: str, plan: str) -> Iterator[list[Server]]:
    """MLflow and Stagekeeper, filled but not started; afterwards nothing of them is left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # So that servers and their data go too.
    folder = Path(tempfile.mkdtemp(prefix="sk-bench-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        servers = [_made(stack, folder, kind, postgres=database == "postgres") for kind in (Mlflow, Stagekeeper)]
        _prepare(servers, plan)
        yield servers


def start(servers: list[Server], times: int) -> list[Start]:
    """Start each so many times, in turns; leave both running."""
    starts = [Start() for _ in servers]
    for turn in range(times):
        for server, start in zip(servers, starts, strict=True):
            seconds, cpu = server.start()
            start.seconds.append(seconds)
            start.cpu.append(cpu)
            if turn < times - 1:
                server.stop()
    for server, start in zip(servers, starts, strict=True):
        start.idle_cpu = settled(server)
        memory = server.tree.memory()
        start.idle_pss, start.processes = memory.pss, memory.processes
    return starts


def settled(server: Server) -> float:
    """Wait for what a server still does after its first answer; return how many processors it uses at rest."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        before = server.tree.cpu()
        time.sleep(_REST_SECONDS)
        used = (server.tree.cpu() - before) / _REST_SECONDS
        if used < _AT_REST or time.monotonic() > deadline:
            return used


def machine() -> str:
    """What it is measured on."""
    model = next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), "")
    return f"{os.cpu_count()} cores ({model}), {platform.platform()}, Python {platform.python_version()}"


def say(sentence: str) -> None:
    """Tell whoever waits, beside the report."""
    print(sentence, file=sys.stderr, flush=True)


def _made(stack: ExitStack, folder: Path, kind: type[Server], *, postgres: bool) -> Server:
    database = Postgres(folder / f"pg-{kind.name.lower()}") if postgres else None
    if database:
        stack.callback(database.stop)
    server = kind(folder / kind.name.lower(), database)
    stack.callback(server.stop)
    return server


def _prepare(servers: list[Server], plan: str) -> None:
    """Fill both at once."""
    begin = time.monotonic()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda server: server.prepare(plan), servers))
    say(f"Both are filled after {time.monotonic() - begin:.0f} s.")


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
