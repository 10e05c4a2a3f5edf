"""Waiting for a signal, with the system's own call and without it."""

import signal
import threading
from collections.abc import Iterator

import pytest

from config.processes import next_signal

NUMBERS = {signal.SIGUSR1}


@pytest.fixture(autouse=True)
def _blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.fixture(params=["with sigtimedwait", "as on macOS"], autouse=True)
def _system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "as on macOS":
        monkeypatch.delattr(signal, "sigtimedwait")


def test_a_signal_that_came_earlier_is_there_at_once():
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    assert next_signal(NUMBERS, 10) == signal.SIGUSR1


def test_a_signal_that_comes_ends_the_wait():
    here = threading.get_ident()
    sender = threading.Timer(0.05, lambda: signal.pthread_kill(here, signal.SIGUSR1))
    sender.start()

    assert next_signal(NUMBERS, 10) == signal.SIGUSR1
    sender.join()


def test_nothing_comes():
    assert next_signal(NUMBERS, 0.01) is None
