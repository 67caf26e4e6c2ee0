"""What the registry costs on top of a backend's own call; ratios and differences within one run.

`make bench` prints the figures. The bounds are those that the project promises, with room for a shared machine: each
figure is the smallest of many repetitions, which disturbance can only raise.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import actreg

SMALL = np.linspace(-1, 1, 10, dtype=np.float32)
ZERO = np.zeros((), dtype=np.float32)


def microseconds(*calls: Callable[[], Any], number: int = 2000, rounds: int = 25) -> list[float]:
    """The smallest time of one call of each, measured in turn, so that a slow moment hits all alike."""
    times = [[timeit.timeit(call, number=number) for call in calls] for _ in range(rounds)]
    return [min(column) / number * 1e6 for column in zip(*times, strict=True)]


def test_a_named_activation_costs_at_most_2_microseconds_more(capsys: pytest.CaptureFixture[str]) -> None:
    """actreg.get("relu")(x), the look-up of the name included, against np.maximum(x, 0) on ten elements."""
    own, named = microseconds(lambda: np.maximum(SMALL, ZERO), lambda: actreg.get("relu")(SMALL))
    with capsys.disabled():
        print(
            f"\nten float32: np.maximum {own:.2f} µs, actreg.get('relu')(x) {named:.2f} µs, {named - own:.2f} µs more"
        )
    assert named - own <= 2.0


def test_a_call_costs_at_most_2_microseconds_more_than_the_backends(capsys: pytest.CaptureFixture[str]) -> None:
    """act(x) against backend.apply(act, x, {}), on the activation whose own work is least."""
    act, backend = actreg.get("relu"), actreg.default_registry().backend("numpy")
    own, called = microseconds(lambda: backend.apply(act, SMALL, {}), lambda: act(SMALL))
    with capsys.disabled():
        print(f"\nten float32, relu: backend {own:.2f} µs, act(x) {called:.2f} µs, {called - own:.2f} µs more")
    assert called - own <= 2.0


def test_a_torch_layer_costs_nothing_over_torchs_own(capsys: pytest.CaptureFixture[str]) -> None:
    """actreg.layer("relu", backend="torch") is torch.nn.ReLU itself."""
    torch = pytest.importorskip("torch")
    ours, own, x = actreg.layer("relu", backend="torch"), torch.nn.ReLU(), torch.linspace(-1, 1, 10)
    assert type(ours) is torch.nn.ReLU
    with capsys.disabled():
        times = microseconds(lambda: own(x), lambda: ours(x))
        print(f"\nten float32: torch.nn.ReLU {times[0]:.2f} µs, actreg.layer('relu') {times[1]:.2f} µs")
