"""References that don't come back."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any, ClassVar

import pytest

from actreg import Elementwise, Info
from actreg.conformance import check, patience
from actreg.conformance.differentiate import TruthError
from actreg.registry import Registry

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the platform has no interval timers")


class Endless(Elementwise):
    """Its reference never comes back from far out."""

    info: ClassVar[Info] = Info(name="endless")

    def forward(self, xp: Any, x: Any) -> Any:
        """The identity."""
        return 1.0 * x

    def reference(self, mp: Any, x: Any) -> Any:
        """A loop."""
        while x > 1e100:
            time.sleep(0.001)
        return x


def test_a_reference_that_never_comes_back_fails_and_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check of truth fails, after the time for one of them."""
    monkeypatch.setattr(patience, "SECONDS", 0.3)
    start = time.monotonic()
    records = check(Endless, Registry(), ["numpy"], ["float32", "float64"], ["value", "derivative", "gradient"])
    assert [record.verdict for record in records] == ["fail"] * 6
    assert all("TruthError: endless" in record.reason for record in records)
    assert all("longer than 0.3 s" in record.reason for record in records)
    assert time.monotonic() - start < 3.0


def test_an_alarm_of_somebody_else_still_rings() -> None:
    """A limit that was kept leaves the timer and its handler as they were."""
    rung: list[float] = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        start = time.monotonic()
        with patience.limited("nothing", 5.0):
            pass
        while not rung and time.monotonic() - start < 5.0:
            time.sleep(0.01)
        assert 0.1 < rung[0] - start < 1.0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def test_other_threads_are_not_interrupted() -> None:
    """A timer would ring in the main thread, for somebody else."""
    found: list[str] = []

    def work() -> None:
        with patience.limited("work", 0.01):
            time.sleep(0.05)
            found.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["done"]


def test_time_is_up() -> None:
    """The error is the truth's own."""
    with pytest.raises(TruthError, match=r"a loop takes longer than 0\.05 s"), patience.limited("a loop", 0.05):
        time.sleep(2.0)
