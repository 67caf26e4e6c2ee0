"""Watching a model run: which modules and which functions apply activations, from where, on what.

Requirements:

- Every call is seen: of modules by hooks, of functions by a torch function mode; a function that a known module calls
  is that module's.
- A call knows its caller: the module in whose forward it stands, and the line.
- Whether an in-place call is sound is observed, not guessed: modules run out of place for the while, and whoever reads
  the input afterwards is named.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from actreg_torch import sites_state
from actreg_torch.overlap import overlap
from actreg_torch.sites_functions import FUNCTIONS, FUSED

Tensor = torch.Tensor
_HERE: Final = str(Path(__file__).parent)
_PASSED: Final = tuple(
    str(one.__file__) for one in (nn.modules.module, nn.modules.container, torch.overrides, nn.functional)
)
"""Files of torch that stand between a call and whoever wrote it."""
_QUESTIONS: Final = frozenset({"__get__", "size", "dim", "numel", "stride", "is_contiguous", "is_floating_point"})
"""Calls that ask about a tensor and don't read its elements."""


@dataclass(frozen=True)
class Seen:
    """One call. owner: the innermost module around it; turn: which of the owner's calls it stands in."""

    thing: Any
    owner: nn.Module
    turn: int
    source: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device
    arguments: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})


@dataclass
class Watch:
    """What was seen. readers: of the input of an in-place call, by the place of the call in `calls`."""

    calls: list[Seen] = field(default_factory=list)
    readers: dict[int, str] = field(default_factory=dict)
    stack: list[tuple[nn.Module, int]] = field(default_factory=list)
    turns: dict[nn.Module, int] = field(default_factory=dict)
    held: list[tuple[int, Tensor]] = field(default_factory=list)

    def note(self, thing: Any, x: Any, arguments: Any = ((), {})) -> None:
        """A call of a module or a function."""
        owner, turn = self.stack[-1]
        known = isinstance(x, Tensor)
        shape = tuple(x.shape) if known else ()
        dtype, device = (x.dtype, x.device) if known else (torch.float32, torch.device("cpu"))
        self.calls.append(Seen(thing, owner, turn, _source(), shape, dtype, device, arguments))

    def read(self, label: str, tensors: list[Tensor]) -> None:
        """A function reads tensors: is one of them the input of an earlier in-place call?"""
        for place, x in self.held:
            if place not in self.readers and any(x is tensor or overlap(x, tensor) for tensor in tensors):
                self.readers[place] = f"{label} at {_source()}"


class _Mode(TorchFunctionMode):
    """Sees functions."""

    def __init__(self, watch: Watch, known: set[nn.Module]) -> None:
        super().__init__()
        self.watch = watch
        self.known = known

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = dict(kwargs or {})
        name = getattr(function, "__name__", str(function))
        if self.watch.held and name not in _QUESTIONS:
            self.watch.read(name, [arg for arg in _flat((*args, *given.values())) if isinstance(arg, Tensor)])
        inside = self.watch.stack and self.watch.stack[-1][0] in self.known
        if self.watch.stack and not inside and function in FUNCTIONS:
            x = args[0] if args else given.get("input")
            self.watch.note(function, x, (tuple(args), given))
        elif self.watch.stack and not inside and function in FUSED:
            self.watch.note(function, args[0] if args else None)
        return function(*args, **given)


@contextmanager
def watching(model: nn.Module, known: set[nn.Module]) -> Iterator[Watch]:
    """Sees every call of the modules in `known`, and of activation functions elsewhere."""
    watch = Watch()
    handles = []
    running: list[int] = []

    def enter(module: nn.Module, args: Any, kwargs: Any) -> None:
        if module in known:
            watch.stack = watch.stack or [(module, 1)]
            watch.note(module, args[0] if args else next(iter(kwargs.values()), None))
            running.append(len(watch.calls) - 1)
        watch.turns[module] = watch.turns.get(module, 0) + 1
        watch.stack.append((module, watch.turns[module]))

    def leave(module: nn.Module, args: Any, output: Any) -> None:
        watch.stack.pop()
        if module in known:
            place = running.pop()
            if module in inplace and args and isinstance(args[0], Tensor):
                watch.held.append((place, args[0]))

    # Out of place, so that the input and the output are two tensors and a later reader of the input shows.
    inplace = {module: module.inplace for module in known if getattr(module, "inplace", False)}
    for module in inplace:
        module.inplace = False  # type: ignore[assignment]
    try:
        for module in model.modules():
            if not isinstance(module, torch.jit.ScriptModule):
                handles.append(module.register_forward_pre_hook(enter, prepend=True, with_kwargs=True))
                handles.append(module.register_forward_hook(leave, always_call=True))
        with _Mode(watch, known):
            yield watch
    finally:
        for handle in handles:
            handle.remove()
        for module, flag in inplace.items():
            module.inplace = flag


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, tuple | list):
            yield from _flat(value)
        else:
            yield value


def _source() -> str:
    """The line that makes the call; of a Sequential that is the model itself, the line in torch."""
    frame: Any = sys._getframe(2)
    container = ""
    while frame is not None:
        file = frame.f_code.co_filename
        place = f"{short(file)}:{frame.f_lineno}"
        if file == nn.modules.container.__file__:
            container = container or place
        elif file == sites_state.__file__:
            break
        elif file not in _PASSED and not file.startswith(_HERE):
            return place
        frame = frame.f_back
    return container


def short(file: str) -> str:
    """A file's path from the current folder or from site-packages; whole where it is under neither."""
    path = Path(file)
    for part in ("site-packages", "dist-packages"):
        if part in path.parts:
            return Path(*path.parts[path.parts.index(part) + 1 :]).as_posix()
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
