"""How long somebody's reference may take.

Requirements:

- A reference that never comes back (mpmath's erf of a number beyond 1e300 is one) becomes an error that says where.
- POSIX timers reach the main thread alone; elsewhere nothing is interrupted.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from actreg.conformance.differentiate import TruthError

SECONDS: Final = 60.0
"""For one row of a table, which takes a hundredth of a second as a rule."""


@contextmanager
def limited(what: str, seconds: float | None = None) -> Iterator[None]:
    """Within it the main thread has so many seconds, `SECONDS` by default; TruthError, naming `what`, beyond."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    allowed = SECONDS if seconds is None else seconds

    def give_up(*_: Any) -> None:
        raise TruthError(f"{what} takes longer than {allowed:g} s in arbitrary precision: the reference must come back")

    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, give_up)
    left, interval = signal.setitimer(signal.ITIMER_REAL, allowed)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            # Somebody else's alarm rings when it would have.
            signal.setitimer(signal.ITIMER_REAL, max(1e-6, left - (time.monotonic() - started)), interval)
