"""Checks of what a caller passes, the same on every backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actreg.contracts.activation import Activation
from actreg.contracts.param import Param
from actreg.errors import InputError, did_you_mean, suggest


def check_parameters(act: Activation, declared: Mapping[str, Param], given: Mapping[str, Any]) -> None:
    """Refuses missing and unknown parameters; InputError."""
    if declared.keys() == given.keys():
        return
    for name in given:
        if name not in declared:
            known = f"it has {', '.join(declared)}" if declared else "it has none"
            near = did_you_mean(suggest(name, declared))
            raise InputError(f"{act.info.name}: {name!r} is no parameter of it{near} ({known})")
    missing = [name for name in declared if name not in given]
    raise InputError(
        f"{act.info.name} is learnable: pass {', '.join(f'{name}=' for name in missing)},"
        f" or make a layer that owns them: actreg.layer({act.info.name!r}, backend=…)"
    )


def check_shapes(act: Any, declared: Mapping[str, Param], given: Mapping[str, Any], shape: tuple[int, ...]) -> None:
    """Refuses parameters of another shape than declared, where the activation works on whole lines; InputError.

    shape: of x. Elementwise parameters are checked as they are made to broadcast.
    """
    if act.kind == "elementwise":
        return
    for name, param in declared.items():
        axis = param.axis if param.axis >= 0 else param.axis + len(shape)
        wanted = param.sized(shape[axis] if 0 <= axis < len(shape) else None)
        if tuple(given[name].shape) != wanted:
            raise InputError(
                f"{act.info.name}: {name} has shape {tuple(given[name].shape)}, where x of shape {shape} needs {wanted}"
            )


def check_axis(act: Any, shape: tuple[int, ...]) -> None:
    """Refuses an axis that x does not have, and a size that does not fit; InputError."""
    if act.kind == "elementwise":
        return
    axis = -1 if act.kind == "projection" else act.axis
    if not -len(shape) <= axis < len(shape):
        raise InputError(f"{act.info.name}: axis {axis} does not exist in x of shape {shape}")
    if act.kind in ("expanding", "projection"):
        try:
            act.output_size(shape[axis])
        except ValueError as error:
            raise InputError(f"{act.info.name}: x of shape {shape} does not fit: {error}") from None
