"""What importing a plugin does to its host: time, array libraries, global state.

Requirements:

- What changes other people's results (error states, random numbers, default dtypes, the working directory) is put
  back, and reported. What the plugin's own code may rely on (`sys.path`, the environment) is reported only.
- No array library is loaded to look at its state: what is not imported has none.
- What a plugin takes from this package is not on its account: it is loaded before the clock starts.
"""

from __future__ import annotations

import decimal
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

BUDGET: Final = 0.25
"""Seconds of processor time that importing one plugin may take; NumPy alone takes about as long, torch twelve times."""

PATIENCE: Final = 1.0
"""Seconds on the clock after which an import is slow whatever it waits for; a busy machine stretches short ones."""

LIBRARIES: Final = ("numpy", "torch", "jax", "tensorflow", "numba", "cupy", "mlx", "paddle", "mindspore", "triton")
"""Array libraries and their like: a listing imports every plugin, and must not import these."""

_OURS: Final = (
    *("contracts.bindings", "contracts.kinds", "contracts.plan"),
    *("formula.checks", "formula.initial", "formula.interpret"),
    *("registry.field", "registry.shortcuts"),
)
"""Where the public names are that a plugin may want at once, save those that the registry and these load themselves."""


@dataclass
class Impact:
    """What happened between entering and leaving `watched`. loaded: libraries that it imported. changed: the global
    state that it changed, in words. seconds: on the clock. busy: of processor time."""

    seconds: float = 0.0
    busy: float = 0.0
    loaded: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an author should mend, a sentence each."""
        found = []
        if self.loaded:
            found.append(f"importing it loads {', '.join(self.loaded)}: import array libraries where they are used")
        if self.changed:
            found.append(f"importing it changes {', '.join(self.changed)}")
        if self.busy > BUDGET:
            found.append(f"importing it takes {self.busy:.2f} s of processor time, more than {BUDGET} s")
        elif self.seconds > PATIENCE:
            found.append(f"importing it takes {self.seconds:.2f} s, more than {PATIENCE} s")
        return tuple(found)


@contextmanager
def watched() -> Iterator[Impact]:
    """Watches a block that runs a plugin's code; the impact is complete when the block is left."""
    for module in _OURS:
        import_module(f"actreg.{module}")
    impact = Impact()
    before = set(sys.modules)
    states = [(what, read(), read, restore) for what, read, restore in _states()]
    start, busy = time.perf_counter(), time.thread_time()
    try:
        yield impact
    finally:
        impact.seconds = time.perf_counter() - start
        impact.busy = time.thread_time() - busy
        impact.loaded = tuple(name for name in LIBRARIES if name in sys.modules and name not in before)
        changed = []
        for what, value, read, restore in states:
            if read() != value:
                changed.append(what if restore is None else f"{what} (put back)")
                if restore is not None:
                    restore(value)
        impact.changed = tuple(changed)


_State = tuple[str, Callable[[], Any], Callable[[Any], Any] | None]


def _states() -> Iterator[_State]:
    yield "sys.path", lambda: list(sys.path), None
    yield "the environment", lambda: dict(os.environ), None
    yield "the working directory", _directory, lambda path: os.chdir(path) if path else None
    yield "the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit
    yield "the state of random", random.getstate, random.setstate
    yield "decimal's context", lambda: repr(decimal.getcontext()), None
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        yield "NumPy's error state", numpy.geterr, lambda state: numpy.seterr(**state)
        yield "NumPy's print options", lambda: repr(numpy.get_printoptions()), None
        yield "the state of numpy.random", _numpy_random, lambda state: numpy.random.set_state(_unfrozen(state))
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_default_dtype"):
        yield "torch's default dtype", torch.get_default_dtype, torch.set_default_dtype
        yield "torch's grad mode", torch.is_grad_enabled, torch.set_grad_enabled


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _numpy_random() -> Any:
    # The state holds an array; as bytes it compares.
    name, keys, *rest = sys.modules["numpy"].random.get_state()
    return (name, keys.tobytes(), *rest)


def _unfrozen(state: Any) -> Any:
    name, keys, *rest = state
    return (name, sys.modules["numpy"].frombuffer(keys, dtype="uint32"), *rest)
