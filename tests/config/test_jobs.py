"""Celery: a task that is sent is carried out by a real worker; without a broker, sending fails fast or does nothing."""

import time

import pytest
from celery import Celery

from config.celery import app


def test_every_apps_tasks_are_found():
    app.loader.import_default_modules()

    assert any(not name.startswith("celery.") for name in app.tasks)


def test_every_tick_names_a_task_that_exists():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_a_worker_carries_out_what_is_sent(celery_worker):
    app.send_task("celery.backend_cleanup")

    deadline = time.monotonic() + 20
    while not finished(app, "celery.backend_cleanup"):
        assert time.monotonic() < deadline


def finished(app: Celery, task: str) -> bool:
    statistics = app.control.inspect(timeout=0.5).stats() or {}
    return any(worker["total"].get(task) for worker in statistics.values())


@pytest.mark.parametrize("setting", ["task_acks_late", "task_ignore_result", "task_reject_on_worker_lost"])
def test_a_task_is_given_back_when_its_worker_dies(setting):
    assert getattr(app.conf, setting) is True
    assert app.conf.worker_prefetch_multiplier == 1
