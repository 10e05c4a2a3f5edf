"""What runs: web server, Celery worker and Celery beat, each in the calling process until it is told to stop.

The supervisor of `manage.py up` forks them; in containers `manage.py serve`, `worker` and `beat` call them.
"""

import multiprocessing
import sys
import warnings
from collections.abc import Callable
from typing import Any

from config.env import Environment
from config.processes import die_with_parent


def serve(env: Environment) -> None:
    """Answer HTTP requests."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    # Workers are forked, so that they share the memory of what is already imported.
    multiprocessing.set_start_method("fork", force=True)
    Granian(
        "config.wsgi:application",
        address=env.host,
        port=env.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=env.web_processes,
        blocking_threads=env.web_threads,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
    ).serve(target_loader=_load_application, wrap_loader=False)


def _load_application() -> Callable[..., Any]:
    die_with_parent()
    from config.wsgi import application

    return application


def work(env: Environment) -> None:
    """Run background jobs."""
    from celery.platforms import SecurityWarning  # type: ignore[attr-defined]

    from config.celery import app

    # Celery warns of root because of messages that carry code; ours are JSON.
    warnings.simplefilter("ignore", SecurityWarning)
    # Threads share one process's memory; jobs wait for databases and networks and hold the interpreter seldom.
    worker = app.Worker(
        pool_cls="threads",
        concurrency=env.worker_threads,
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


def beat(env: Environment) -> None:
    """Tell workers, at fixed times, to look what is due."""
    from config.celery import app

    app.Beat(loglevel="WARNING", quiet=True).run()
