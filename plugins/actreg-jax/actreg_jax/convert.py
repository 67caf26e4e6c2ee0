"""Between NumPy arrays and JAX's, and the names of devices and dtypes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from actreg import CapabilityError, InputError, UnknownNameError
from actreg_jax.rounding import DTYPES, narrow, x64


def device_name(device: Any) -> str:
    """``cpu``, or ``gpu:0`` and the like."""
    return "cpu" if device.platform == "cpu" else f"{device.platform}:{device.id}"


def device_names() -> tuple[str, ...]:
    """The devices of this machine, JAX's default first."""
    found = [*jax.devices(), *jax.devices("cpu")]
    return tuple(dict.fromkeys(map(device_name, found)))


def find_device(name: str | None) -> Any:
    """The device of a name; None is JAX's default. Raises CapabilityError for one that is not there."""
    found = [*jax.devices(), *jax.devices("cpu")]
    if name is None:
        return found[0]
    for device in found:
        if name in (device_name(device), device.platform):
            return device
    raise CapabilityError(f"there is no device {name!r} (here: {', '.join(device_names())})")


def from_numpy(array: Any, device: Any, dtype: str | None) -> Any:
    """A new array with the same values, rounded once to `dtype`; in the array's own dtype where that is None."""
    array = np.asarray(array)
    if dtype is not None and dtype not in DTYPES:
        raise UnknownNameError("dtype", dtype, DTYPES, hint=f"there are {', '.join(DTYPES)}")
    with x64():
        try:
            moved = jax.device_put(np.array(array, dtype=array.dtype.newbyteorder("="), order="C"), device)
        except TypeError:
            raise InputError(f"JAX has no dtype for NumPy's {array.dtype}: convert it first") from None
        if dtype is None or moved.dtype.name == dtype:
            return moved
        wide = moved if moved.dtype == jnp.float64 else jax.device_put(array.astype(np.float64), device)
        return _narrowed(wide, dtype)


_narrowed = jax.jit(narrow, static_argnums=1)


def to_numpy(array: Any) -> np.ndarray[Any, Any]:
    """A new array with the same values; bfloat16 as ml_dtypes' own."""
    return np.array(array)
