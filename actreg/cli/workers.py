"""Processes that commands share their work among."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def workers(jobs: int) -> Iterator[Executor | None]:
    """That many processes; None for one, which is this. What has not begun when it ends is given up."""
    if jobs == 1:
        yield None
        return
    # Fork is unsafe where a library has started threads.
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _start)
    try:
        with _ignoring_interrupts():
            # Each brings one process to life, as long as none has had time to be idle.
            for _ in range(jobs):
                pool.submit(int)
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    # Ctrl-C reaches the whole group: the parent decides, and workers finish what they are at. They inherit it from
    # the start: a traceback of one that was still importing would be all that anyone sees.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start() -> None:
    # A library's own threads would fight for the processors.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
