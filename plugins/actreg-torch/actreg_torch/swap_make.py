"""The new modules of a swap: one for each place, made for what the example showed there.

Requirements:

- A fresh instance each, on the device and in the dtype of its input, in the mode of what it replaces.
- Parameters whose size follows the input get it from the observed shape.
- In place only where what it replaces was, where the new activation can, and where nobody reads its input later.
- Hooks move: the new module has the very same tables, so that handles which people keep stay valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from torch import nn

from actreg import FEATURES, Activation, Backend, SwapError
from actreg_torch.sites import Found
from actreg_torch.sites_watch import Seen

_HOOKS: Final = (
    *("_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
    *("_forward_pre_hooks", "_forward_pre_hooks_with_kwargs"),
    *("_backward_hooks", "_backward_pre_hooks", "_is_full_backward_hook"),
)
_OTHER_HOOKS: Final = ("_state_dict_hooks", "_state_dict_pre_hooks", "_load_state_dict_pre_hooks")


@dataclass(frozen=True)
class Place:
    """Where a new module goes: an attribute of a parent, at a path; `seen` are the calls that it will serve."""

    found: Found
    parent: nn.Module
    name: str
    path: str
    seen: tuple[Seen, ...]


def make(backend: Backend, act: Activation, place: Place, seen: Sequence[Seen], seed: int, inplace: bool) -> nn.Module:
    """A new module for some calls. Raises SwapError where their shapes ask for parameters of different sizes."""
    sizes = {size for one in seen for size in _features(act, one.shape)}
    if len(sizes) > 1:
        listed = " and ".join(str(size) for size in sorted(sizes))
        raise SwapError(
            f"{place.path} is called with {listed} channels, for which {act.info.name} needs parameters of different"
            " sizes: pass split=True",
            [place.path],
        )
    first = seen[0]
    dtype = str(first.dtype).removeprefix("torch.")
    features = next(iter(sizes), None)
    made: nn.Module = backend.layer(
        act, features=features, device=str(first.device), dtype=dtype, seed=seed, inplace=inplace
    )
    old = place.found.module
    made.train(old.training)
    frozen = list(old.parameters()) if place.found.site.kind == "module" else []
    if frozen and not any(parameter.requires_grad for parameter in frozen):
        made.requires_grad_(False)
    return made


def move_hooks(old: nn.Module, new: nn.Module) -> list[str]:
    """Gives a new module the hooks of the old one; notes about what moved and what could not."""
    notes = []
    moved = sum(len(getattr(old, name) or ()) for name in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks"))
    if moved:
        for name in _HOOKS:
            new.__dict__[name] = old.__dict__[name]
        notes.append(f"keeps {moved} hook{'s' if moved > 1 else ''}")
    dropped = sum(len(getattr(old, name)) for name in _OTHER_HOOKS)
    if dropped:
        notes.append(f"lost {dropped} hook{'s' if dropped > 1 else ''} on its state_dict")
    return notes


def works_in_place(act: Activation, place: Place) -> tuple[bool, list[str]]:
    """Whether the new module may overwrite its input, and a note where the old one did and the new one does not."""
    site = place.found.site
    if not site.inplace or site.kind != "module":
        return False, []
    if site.overwritten:
        return False, [
            f"no longer in place: its input is read again by {site.overwritten}, which now sees it as it was"
        ]
    if not act.laws().derivative_from_output:
        return False, [f"no longer in place: {act.info.name} loses its derivative with its input"]
    return True, []


def _features(act: Activation, shape: tuple[int, ...]) -> list[Any]:
    wanted = [param.axis for param in act.parameters().values() if FEATURES in param.shape]
    return [shape[axis] for axis in wanted if -len(shape) <= axis < len(shape)]
